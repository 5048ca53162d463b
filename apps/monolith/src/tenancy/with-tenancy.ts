import type { INestApplicationContext } from '@nestjs/common';
import { AppError, asService, environment, isId, newId } from '#platform/core';
import { createEdge } from '#platform/runtime';
import { Tenancy } from '#tenancy';
import { contexts } from '../../../contexts.js';

/**
 * Opens some contexts for one command: beside a running Atoll on a Postgres server, without one on the embedded database (which belongs to
 * one process: stop Atoll first). Runs no jobs.
 */
export async function withContexts<T>(wanted: string[] | 'all', work: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  const wirings = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
  const hosted = wirings.filter(({ name }) => wanted === 'all' || wanted.includes(name));
  const edge = await createEdge(hosted, {
    env: { ...environment(), ATOLL_RUN_JOBS: 'false', ATOLL_CONTEXTS: hosted.map(({ name }) => name).join(',') },
    publicHttp: false,
    // Settings of the others stand in the same environment.
    absent: { names: [], forwarded: [], controllers: async () => [], config: async () => wirings.flatMap(({ config }) => config) },
  });
  try {
    return await work(edge.app);
  } finally {
    await edge.close();
  }
}

export function withTenancy<T>(work: (tenancy: Tenancy) => Promise<T>): Promise<T> {
  return withContexts(['tenancy'], (app) => work(app.get(Tenancy)));
}

/** The command line as a caller: it may what a command says, and nothing by permissions. */
export function inTenant<T>(tenantId: string | undefined, work: () => T): T {
  if (!isId(tenantId)) throw new AppError('invalid', 'cli.tenant', `"${tenantId ?? ''}" is no tenant id. Give --tenant the UUID of one.`);
  return asService(tenantId, newId(), work);
}
