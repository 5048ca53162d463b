export interface EgressOptions {
  /** Who calls and why (`agent.model`, `search.crawl`): label of metrics and spans. */
  purpose: string;
  /**
   * `operator`: the address comes from this deployment's configuration and may be anywhere. `user` (default): it came from a tenant;
   * private, loopback, link-local and metadata addresses, and ports that are
   * not of ATOLL_EGRESS_PORTS, are refused after DNS resolution and after every redirect.
   */
  trust?: 'operator' | 'user';
  /** Until the response headers. Default 30 s. */
  timeoutMs?: number;
  /** Longest silence inside the body. Default 60 s. */
  bodyTimeoutMs?: number;
  /** Larger bodies end with `too-large`. Default 32 MiB. */
  maxBytes?: number;
  /** Default 5; 0 returns the redirect itself. */
  maxRedirects?: number;
}

/** The only HTTP client of the house: timeouts, size caps, SSRF guard, spans and metrics in one place. */
export abstract class Egress {
  abstract fetch(url: string | URL, init: RequestInit | undefined, options: EgressOptions): Promise<Response>;
  /** Refuses an address that could not be fetched for a tenant whatever its name resolves to: other schemes and ports, private networks. */
  abstract assertOpen(url: URL): void;
  /** The same bound to one purpose, with the signature of the global `fetch`: for client libraries that take a `fetch`. */
  abstract as(options: EgressOptions): typeof globalThis.fetch;
}
