import type { IncomingMessage } from 'node:http';
import { AppError } from '#platform/core';

/** What Node's parser lets pass, and servers read differently or no database holds. */
export function malformed({ url, rawHeaders }: IncomingMessage): AppError | undefined {
  if (url !== undefined && (url.includes('%00') || url.includes('\0')))
    return new AppError('invalid', 'kernel.url', 'The address holds a NUL character, which is no text; nothing was done. Take it out.');
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (/^host$/i.test(rawHeaders[at]!)) hosts += 1;
  return hosts < 2 ? undefined
    : new AppError('invalid', 'kernel.http', 'The request has more than one Host header, so it was not read. Send one.');
}
