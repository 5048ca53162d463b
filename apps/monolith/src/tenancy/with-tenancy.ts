import { AppError, createEdge, environment, isId, newId, runAs } from '#kernel';
import { Tenancy } from '#tenancy';
import { contexts } from '../../../contexts.js';

/**
 * Opens tenancy alone for one command: beside a running Atoll on a Postgres server, without one on the embedded database (which belongs to
 * one process: stop Atoll first). Runs no jobs.
 */
export async function withTenancy<T>(work: (tenancy: Tenancy) => Promise<T>): Promise<T> {
  const { load } = contexts.find(({ contract }) => contract.name === 'tenancy')!;
  const edge = await createEdge([(await load()).context], { env: { ...environment(), ATOLL_RUN_JOBS: 'false', ATOLL_CONTEXTS: 'tenancy' }, publicHttp: false });
  try {
    return await work(edge.app.get(Tenancy));
  } finally {
    await edge.close();
  }
}

/** The command line as a caller: it may what a command says, and nothing by permissions. */
export function inTenant<T>(tenantId: string | undefined, work: () => T): T {
  if (!isId(tenantId)) throw new AppError('invalid', 'cli.tenant', `"${tenantId ?? ''}" is no tenant id. Give --tenant the UUID of one.`);
  return runAs({ tenantId, actor: { kind: 'service', id: newId(), roles: [], permissions: [] } }, work);
}
