import type { IncomingMessage } from 'node:http';
import type { Secrets } from '#platform/core';

/** What the edge tells the process it forwards to; believed because it is signed with the deployment's own secret, not because of an address. */
export const FORWARDED_HEADER = 'x-atoll-forwarded';

const PURPOSE = 'kernel.forwarded';

/** Clocks of processes may differ by less than this. */
const MAX_AGE_MS = 120_000;

export interface ForwardedRequest {
  requestId: string;
  /** Address of the client, as the edge saw it. */
  address: string;
  /** The context whose route it is. */
  context: string;
}

/** `<time>;<request id>;<address>;<context>;<signature>`, good for this method and path only. */
export function sealForwarded(secrets: Secrets, method: string, path: string, { requestId, address, context }: ForwardedRequest): string {
  const facts = `${Date.now()};${requestId};${address};${context}`;
  return `${facts};${secrets.sign(PURPOSE, `${method} ${path}\n${facts}`)}`;
}

/** Undefined for a header that nobody of this deployment wrote, wrote for another request, or wrote long ago. */
export function openForwarded(secrets: Secrets, { method, url, headers }: IncomingMessage): ForwardedRequest | undefined {
  const header = headers[FORWARDED_HEADER];
  if (typeof header !== 'string') return undefined;
  const [time, requestId, address, context, signature, ...rest] = header.split(';');
  if (!requestId || !address || !context || !signature || rest.length > 0) return undefined;
  if (!(Math.abs(Date.now() - Number(time)) < MAX_AGE_MS)) return undefined;
  return secrets.verify(PURPOSE, `${method} ${url}\n${time};${requestId};${address};${context}`, signature) ? { requestId, address, context } : undefined;
}
