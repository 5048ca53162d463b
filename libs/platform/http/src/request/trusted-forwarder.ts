import type { IncomingMessage } from 'node:http';
import { AppError, logger, type Secrets } from '#platform/core';

/** What the edge tells the process it forwards to; trusted because it is signed with the deployment's secret, not because of an address. */
export const FORWARDED_HEADER = 'x-atoll-forwarded';

const PURPOSE = 'kernel.forwarded';

/** Clocks of processes may differ by less than this. */
const MAX_AGE_MS = 120_000;

/** A wrong signature is told of once in this time. */
const WARN_MS = 60_000;

const UNSIGNED =
  'a request says that another process forwarded it, but its signature is not of this deployment or its time is off by minutes; ' +
  'it is taken as a request of a client. Compare ATOLL_SECRET and the clocks of the processes';

export interface ForwardedRequest {
  requestId: string;
  /** Address of the client, as the edge saw it. */
  address: string;
  /** The context whose route it is. */
  context: string;
}

/** Signs requests that this process forwards, and tells those that another process of this deployment forwarded from those that say so. */
export class TrustedForwarder {
  private readonly log = logger('http');
  private warnedAt = -Infinity;

  /** Without secrets nothing is trusted and nothing is signed. */
  constructor(private secrets?: Secrets) {}

  /** They come from the container, which is built after the server. */
  use(secrets: Secrets | undefined): void {
    this.secrets = secrets;
  }

  /** `<time>;<request id>;<address>;<context>;<signature>`, good for this method and path only. */
  seal(method: string, path: string, { requestId, address, context }: ForwardedRequest): string {
    const missing = 'This process has no secret to sign what it forwards. This is a bug in Atoll.';
    if (!this.secrets) throw new AppError('internal', 'kernel.no-secrets', missing);
    const facts = `${Date.now()};${requestId};${address};${context}`;
    return `${facts};${this.secrets.sign(PURPOSE, `${method} ${path}\n${facts}`)}`;
  }

  /** Undefined for a header that nobody of this deployment wrote, wrote for another request, or wrote long ago. */
  verify(request: IncomingMessage): ForwardedRequest | undefined {
    const header = request.headers[FORWARDED_HEADER];
    if (header === undefined || !this.secrets) return undefined;
    const forwarded = typeof header === 'string' ? opened(this.secrets, header, request) : undefined;
    if (!forwarded && performance.now() - this.warnedAt > WARN_MS) {
      this.warnedAt = performance.now();
      this.log.warn(UNSIGNED);
    }
    return forwarded;
  }
}

function opened(secrets: Secrets, header: string, { method, url }: IncomingMessage): ForwardedRequest | undefined {
  const [time, requestId, address, context, signature, ...rest] = header.split(';');
  if (!requestId || !address || !context || !signature || rest.length > 0) return undefined;
  if (!(Math.abs(Date.now() - Number(time)) < MAX_AGE_MS)) return undefined;
  const facts = `${time};${requestId};${address};${context}`;
  return secrets.verify(PURPOSE, `${method} ${url}\n${facts}`, signature) ? { requestId, address, context } : undefined;
}
