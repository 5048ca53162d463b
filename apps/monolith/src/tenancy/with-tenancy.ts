import { AppError, asService, environment, isId, newId } from '#platform/core';
import { createEdge } from '#platform/runtime';
import { Tenancy } from '#tenancy';
import { contexts } from '../../../contexts.js';

/**
 * Opens tenancy alone for one command: beside a running Atoll on a Postgres server, without one on the embedded database (which belongs to
 * one process: stop Atoll first). Runs no jobs.
 */
export async function withTenancy<T>(work: (tenancy: Tenancy) => Promise<T>): Promise<T> {
  const wirings = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
  const edge = await createEdge(wirings.filter(({ name }) => name === 'tenancy'), {
    env: { ...environment(), ATOLL_RUN_JOBS: 'false', ATOLL_CONTEXTS: 'tenancy' },
    publicHttp: false,
    // Settings of the others stand in the same environment.
    absent: { names: [], forwarded: [], controllers: async () => [], config: async () => wirings.flatMap(({ config }) => config) },
  });
  try {
    return await work(edge.app.get(Tenancy));
  } finally {
    await edge.close();
  }
}

/** The command line as a caller: it may what a command says, and nothing by permissions. */
export function inTenant<T>(tenantId: string | undefined, work: () => T): T {
  if (!isId(tenantId)) throw new AppError('invalid', 'cli.tenant', `"${tenantId ?? ''}" is no tenant id. Give --tenant the UUID of one.`);
  return asService(tenantId, newId(), work);
}
