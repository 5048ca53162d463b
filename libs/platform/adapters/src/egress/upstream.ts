import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import { AppError, metrics } from '#platform/core';

const SENT = 'Requests handed on to the process that hosts their context, by context and outcome';
const SECONDS = 'Until the headers of the answer of a forwarded request, by context';
const sent = metrics.counter('atoll_forwarded_requests_total', SENT, ['context', 'outcome']);
const seconds = metrics.histogram('atoll_forwarded_duration_seconds', SECONDS, ['context']);

/**
 * Connecting takes milliseconds in one network, or nobody is there. Connections are kept for less than the 72 s of the server at the other
 * end, so that no request meets one that is being closed, and given up after 1,000 requests, so that replicas that came later get their
 * share. Answers are never silent for 45 s: streams carry a comment every 14 s.
 */
const POOL: Pool.Options = {
  connections: null, pipelining: 1, connect: { timeout: 2_000 }, keepAliveTimeout: 30_000, maxRequestsPerClient: 1_000, bodyTimeout: 45_000,
};

/** A request that waits this long makes us look whether the other process is still there. */
const WATCH_MS = 4_000;
const PROBE_MS = 3_000;

const LOOK_FIRST = 'Look before you send it again, or send it with the same Idempotency-Key.';
const PROBLEMS = {
  unreachable: ['unavailable', 'cannot be reached at the moment, so nothing was done. Send the request again in a few seconds.'],
  lost: ['unavailable', `went away while it worked on this request, which may or may not have taken effect. ${LOOK_FIRST}`],
  silent: ['deadline', `did not answer in time; the request may or may not have taken effect. ${LOOK_FIRST}`],
} as const;

/** `unreachable`: nothing was sent. `lost`: it was, and the connection broke before the answer. `silent`: no answer in time. */
export class UpstreamError extends AppError {
  constructor(readonly fault: keyof typeof PROBLEMS, context: string, cause?: unknown) {
    const [code, text] = PROBLEMS[fault];
    super(code, `kernel.context-${fault}`, `${context} ${text}`, { context, cause, retryAfterSeconds: 2 });
  }
}

export interface UpstreamRequest extends Pick<Dispatcher.RequestOptions, 'method' | 'body'> {
  /** Path and query as the caller wrote them. */
  path: string;
  headers: IncomingHttpHeaders;
  signal: AbortSignal;
}

/** The HTTP client to one process that hosts a context: no redirects, no decoding, as many connections as there are open requests. */
export class Upstream {
  private readonly pool: Pool;
  private readonly prefix: string;

  constructor(private readonly url: URL, private readonly context: string, timeoutMs: number, private readonly watchMs = WATCH_MS) {
    this.pool = new Pool(url.origin, { ...POOL, headersTimeout: timeoutMs });
    this.prefix = url.pathname.replace(/\/$/, '');
  }

  /**
   * Throws an UpstreamError, or whatever the body or the signal failed with. An answer may take minutes, a process that hangs never gives
   * one: while it waits, the other's event loop is asked for a sign of life.
   */
  async request({ path, headers, signal, ...request }: UpstreamRequest): Promise<Dispatcher.ResponseData> {
    const started = performance.now();
    const hangs = new AbortController();
    const giveUp = (): void => hangs.abort(new UpstreamError('silent', this.context));
    const watch = setInterval(() => void this.isAlive().then((alive) => alive || giveUp()), this.watchMs);
    try {
      const hop = { path: this.prefix + path, headers: { ...headers, host: this.url.host },
        signal: AbortSignal.any([signal, hangs.signal]) };
      const answer = await this.pool.request({ ...request, ...hop });
      sent.inc({ context: this.context, outcome: `${Math.floor(answer.statusCode / 100)}xx` });
      return answer;
    } catch (error) {
      const known = signal.aborted || error instanceof AppError;
      sent.inc({ context: this.context, outcome: known && !(error instanceof UpstreamError) ? 'aborted' : 'failed' });
      throw known ? error : new UpstreamError(faultOf(error), this.context, error);
    } finally {
      clearInterval(watch);
      seconds.observe({ context: this.context }, (performance.now() - started) / 1_000);
    }
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private async isAlive(): Promise<boolean> {
    try {
      const path = `${this.prefix}/health/live`;
      const { statusCode, body } = await this.pool.request({ method: 'GET', path, signal: AbortSignal.timeout(PROBE_MS) });
      await body.dump();
      return statusCode < 500;
    } catch {
      return false;
    }
  }
}

/** A name that does not resolve or a connection that never stood carried nothing; undici tells its own timeout apart by its code. */
function faultOf(error: unknown): UpstreamError['fault'] {
  const causes = [error, ...((error as AggregateError).errors ?? [])] as (NodeJS.ErrnoException | null)[];
  const unsent = ['connect', 'getaddrinfo', 'UND_ERR_CONNECT_TIMEOUT'];
  if (causes.some((cause) => unsent.includes(cause?.syscall ?? cause?.code ?? ''))) return 'unreachable';
  return causes.some((cause) => cause?.code === 'UND_ERR_HEADERS_TIMEOUT') ? 'silent' : 'lost';
}
