import type { FastifyRequest } from 'fastify';

/** What the client calls itself, shown in the list of sessions. */
export function deviceOf(request: FastifyRequest): string | null {
  return request.headers['user-agent']?.slice(0, 256) ?? null;
}
