import type { FastifyRequest } from 'fastify';

/** Where an attempt comes from. */
export interface Caller {
  ip: string;
  /** What the client calls itself, shown in the list of sessions. */
  device: string | null;
}

export function callerOf({ ip, headers }: FastifyRequest): Caller {
  return { ip, device: headers['user-agent']?.slice(0, 256) ?? null };
}
