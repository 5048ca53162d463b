import type { Readable } from 'node:stream';
import { type Dispatcher, Pool } from 'undici';
import { AppError, metrics } from '#platform/core';

const sent = metrics.counter('atoll_forwarded_requests_total', 'Requests handed on to the process that hosts their context, by context and outcome', ['context', 'outcome']);
const seconds = metrics.histogram('atoll_forwarded_duration_seconds', 'Until the headers of the answer of a forwarded request, by context', ['context']);

/** A process of this house on the same network: connecting takes milliseconds, or it is not there. */
const CONNECT_MS = 2_000;

/** Shorter than the 72 s of the server at the other end, so that no request meets a connection that is being closed. */
const KEEP_ALIVE_MS = 30_000;

/** A connection is given up after so many requests, so that replicas that came later get their share. */
const REQUESTS_A_CONNECTION = 1_000;

/** Answers are never silent for longer: streams carry a comment every 14 s. */
const SILENCE_MS = 45_000;

const PROBE_MS = 3_000;

/** `unreachable`: nothing was sent. `lost`: it was, and the connection broke before the answer. `silent`: no answer in time. */
export type UpstreamFault = 'unreachable' | 'lost' | 'silent';

export class UpstreamError extends Error {
  constructor(readonly fault: UpstreamFault, cause: unknown) {
    super(`upstream ${fault}`, { cause });
  }
}

export interface UpstreamRequest {
  method: string;
  /** Path and query as the caller wrote them. */
  path: string;
  headers: Record<string, string | string[]>;
  /** Read only once a connection stands, and as fast as the other side takes it. */
  body: AsyncIterable<Uint8Array> | null;
  signal: AbortSignal;
}

export interface UpstreamAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Paused until it is read; destroying it ends the request at the other side. */
  body: Readable;
}

/** The HTTP client to one process that hosts a context: no redirects, no decoding, as many connections as there are open requests. */
export class Upstream {
  private readonly pool: Pool;
  private readonly prefix: string;

  constructor(readonly url: URL, private readonly context: string, timeoutMs: number) {
    this.pool = new Pool(url.origin, {
      connections: null, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS, maxRequestsPerClient: REQUESTS_A_CONNECTION,
      connect: { timeout: CONNECT_MS }, headersTimeout: timeoutMs, bodyTimeout: SILENCE_MS,
    });
    this.prefix = url.pathname.replace(/\/$/, '');
  }

  /** Throws an UpstreamError, or whatever the body or the signal failed with. */
  async send({ path, ...request }: UpstreamRequest): Promise<UpstreamAnswer> {
    const started = performance.now();
    try {
      const { statusCode: status, headers, body } = await this.pool.request({ ...request, path: this.prefix + path } as Dispatcher.RequestOptions);
      sent.inc({ context: this.context, outcome: `${Math.floor(status / 100)}xx` });
      return { status, headers, body };
    } catch (error) {
      const known = request.signal.aborted || error instanceof AppError;
      sent.inc({ context: this.context, outcome: known ? 'aborted' : 'failed' });
      throw known ? error : new UpstreamError(faultOf(error), error);
    } finally {
      seconds.observe({ context: this.context }, (performance.now() - started) / 1_000);
    }
  }

  /** Whether its event loop turns. */
  async alive(): Promise<boolean> {
    try {
      const { statusCode, body } = await this.pool.request({ method: 'GET', path: `${this.prefix}/health/live`, signal: AbortSignal.timeout(PROBE_MS) });
      await body.dump();
      return statusCode < 500;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT']);

function faultOf(error: unknown): UpstreamFault {
  const codes = [error, ...((error as AggregateError).errors ?? [])].map((one) => (one as NodeJS.ErrnoException | null)?.code ?? '');
  if (codes.some((code) => NEVER_SENT.has(code))) return 'unreachable';
  return codes.includes('UND_ERR_HEADERS_TIMEOUT') ? 'silent' : 'lost';
}
