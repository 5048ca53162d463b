import type { FastifyReply, FastifyRequest } from 'fastify';
import { random } from './flow.service.js';

const VALUE = /^[A-Za-z0-9_-]{43}$/;
const SECONDS = 900;

/** With https the name itself keeps other hosts of the domain from setting it (RFC 6265bis, `__Host-`). */
function nameOf(base: string): string {
  return base.startsWith('https:') ? '__Host-atoll-sign-in' : 'atoll-sign-in';
}

/** What ties a sign-in to the browser that began it; several at a time share it. */
export function browserOf({ headers }: FastifyRequest, base: string): string | undefined {
  const name = nameOf(base);
  for (const pair of (headers.cookie ?? '').split(';', 100)) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name && VALUE.test(pair.slice(at + 1).trim())) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/**
 * Begins something in a browser, and leaves it the cookie by which it is known for the next minutes: its own, or a fresh one. Lax: the way
 * back from the issuer is a top-level navigation. What is refused leaves nothing.
 */
export async function inBrowser<T>(request: FastifyRequest, reply: FastifyReply, base: string,
  begin: (browser: string) => Promise<T>): Promise<T> {
  const value = browserOf(request, base) ?? random();
  const begun = await begin(value);
  reply.header('set-cookie',
    `${nameOf(base)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${SECONDS}${base.startsWith('https:') ? '; Secure' : ''}`);
  return begun;
}
