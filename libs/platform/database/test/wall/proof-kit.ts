import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { AppError, newId } from '#platform/core';
import type { Database } from '../../src/database.js';
import type { Db } from '../../src/db.js';
import { asTenant } from '#platform/testing';
import { ItemRow } from './fixture.js';

/** What a proof of the wall works on: the fixture's contexts, opened as in production. */
export interface ProofGround {
  database: Database;
  shop: Db;
  depot: Db;
  admin: pg.ClientConfig;
  embedded: boolean;
  /** Superuser's URL of the server, where there is one: for databases of a proof's own. */
  serverUrl?: string;
}

/** Returns what went wrong, one sentence each: the same proofs run as specs and against programs with a stone taken out. */
export interface Proof {
  name: string;
  /** On a server only: what the embedded engine has no means for. */
  server?: boolean;
  run(ground: ProofGround): Promise<string[]>;
}

export function groundOf(database: Database, admin: pg.ClientConfig): ProofGround {
  const serverUrl = admin.connectionString;
  return { database, admin, shop: database.dbs.get('shop')!, depot: database.dbs.get('depot')!, embedded: serverUrl === undefined,
    serverUrl };
}

/** A new tenant with one item of this name. */
export async function tenantWith(shop: Db, name: string): Promise<{ tenantId: string; id: string }> {
  const [tenantId, id] = [newId(), newId()];
  await asTenant(tenantId, () => shop.repo(ItemRow).insert({ tenantId, id, name }));
  return { tenantId, id };
}

export function namesOf(shop: Db, tenantId: string): Promise<string[]> {
  return asTenant(tenantId,
    async () => (await shop.query<{ name: string }>('select name from shop.item order by name')).map((row) => row.name));
}

/** The stable word of what `work` throws, or that it did not. */
export async function reasonOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'nothing was thrown';
  } catch (error) {
    return error instanceof AppError ? error.reason : `${(error as { code?: string }).code ?? ''} ${(error as Error).message}`.trim();
  }
}

export function expected(faults: string[], what: string, is: unknown, should: unknown): void {
  const [found, wanted] = [is, should].map((value) => JSON.stringify(value instanceof Set ? [...value] : value));
  if (found !== wanted) faults.push(`${what}: ${found} in place of ${wanted}`);
}

/** A proof that hangs has found something too. */
export async function inTime(proof: Proof, ground: ProofGround, ms: number): Promise<string[]> {
  const late = sleep(ms, [`no end after ${ms} ms`], { ref: false });
  const run = proof.run(ground).catch((error: unknown) => [`threw ${(error as Error).message}`]);
  return Promise.race([run, late]);
}

/** A statement on a pooled connection past the wall, as pg itself would send it: what the connection was left with. */
export async function past<R extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<R[]> {
  return (await (pg.Client.prototype.query as (sql: string) => Promise<pg.QueryResult<R>>).call(client, sql)).rows;
}

/** Takes every connection of the pool, so that whoever comes next has to wait; returns the way to give them back. */
export async function occupy(database: Database, tenantId: string): Promise<() => void> {
  const { pool } = database;
  const connections = await Promise.all(
    Array.from({ length: database.target.limits.size }, async () => pool.checkout({ role: 'atoll_shop', tenantId }))
  );
  return () => connections.forEach((connection) => connection.release());
}
