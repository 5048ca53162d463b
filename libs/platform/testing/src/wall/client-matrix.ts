import type pg from 'pg';
import { AppError, newId, runAs, runInFlow } from '#platform/core';
import type { Database, Db } from '#platform/database';
import { userOf } from '../as-tenant.js';
import { withClient } from '../postgres.js';
import { ACTORS, type Acting, type MatrixResult } from './matrix.js';
import { type Row, type TenantTable, dropChecks, insertSql, rowFor, tenantTables } from './rows.js';

/**
 * The matrix again through `Db`, as contexts write their statements: with and without a flow, a tenant, and a real one. Leaves rows behind.
 */
export async function clientMatrix(database: Database, admin: pg.ClientConfig): Promise<MatrixResult> {
  const contexts = [...database.dbs.keys()];
  const tables = await withClient(admin, async (client) => {
    await dropChecks(client, contexts);
    return tenantTables(client, contexts);
  });
  const theirs = newId();
  const rows = new Map<string, Row>();
  const result: MatrixResult = { tables: tables.length, cells: 0, holes: [] };
  for (const table of tables) {
    const db = database.dbs.get(table.context)!;
    rows.set(table.table, rowFor(table, theirs, rows));
    await withClient(admin, async (client) => {
      await client.query(`set session_replication_role = replica`);
      await client.query(insertSql(table, rows.get(table.table)!));
    });
    for (const acting of ACTORS) {
      for (const [command, run] of Object.entries(commands(db, table, rowFor(table, theirs, rows), acting))) {
        result.cells++;
        const hole = await judged(acting, () => as(acting, theirs, run), theirs);
        if (hole) result.holes.push(`${table.table}: ${command} as ${acting} ${hole}`);
      }
    }
    const left = await withClient(admin, (client) => client.query(`select 1 from ${table.table} where tenant_id = $1`, [theirs]));
    if (left.rowCount !== 1) result.holes.push(`${table.table}: ${left.rowCount} rows are left of the one that nobody else may touch`);
  }
  return result;
}

/** The owner only looks: the row must still be there for the next one. */
function commands(db: Db, table: TenantTable, row: Row, acting: Acting): Record<string, () => Promise<Row[]>> {
  const look = { select: () => db.query(`select tenant_id from ${table.table}`),
    transaction: () => db.tx(() => db.query(`select tenant_id from ${table.table}`)) };
  if (acting === 'own') return look;
  const { text, values } = insertSql(table, row, 'on conflict do nothing returning tenant_id');
  return {
    ...look,
    insert: () => db.query(text, values),
    update: () => db.query(`update ${table.table} set tenant_id = tenant_id returning tenant_id`),
    delete: () => db.query(`delete from ${table.table} returning tenant_id`),
    upsert: () => db.query(text.replace('do nothing', `(${table.primaryKey.join(', ')}) do update set tenant_id = excluded.tenant_id`),
      values),
  };
}

function as<T>(acting: Acting, owner: string, work: () => T): T {
  const tenantId = { own: owner, foreign: newId(), none: undefined, empty: '', garbage: 'not-a-tenant' }[acting];
  if (tenantId === undefined) return work();
  if (acting === 'own' || acting === 'foreign')
    return runAs({ tenantId, actor: { kind: 'user', id: userOf(tenantId), roles: [], permissions: [] } }, work);
  return runInFlow({ requestId: newId(), traceparent: '',
    scope: { tenantId, actor: { kind: 'user', id: '', roles: [], permissions: [] } } }, work);
}

/** A refusal for a made-up row's keys, or for a privilege the context lacks, is as good as none found: what counts is what came back. */
async function judged(acting: Acting, run: () => Promise<Row[]>, theirs: string): Promise<string | undefined> {
  try {
    const rows = await run();
    if (acting === 'own') return undefined;
    if (acting !== 'foreign') return 'was sent';
    return rows.some((row) => row.tenant_id === theirs) ? 'reached the row' : undefined;
  } catch (error) {
    if (acting === 'own' || acting === 'foreign') return error instanceof AppError ? `was refused: ${error.message}` : undefined;
    return error instanceof AppError && error.reason === 'kernel.no-tenant' ? undefined
      : `failed in an unexpected way: ${(error as Error).message}`;
  }
}
