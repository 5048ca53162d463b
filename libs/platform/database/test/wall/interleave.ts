import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, newId } from '#platform/core';
import type { Db } from '../../src/db.js';
import type pg from 'pg';
import { asTenant, chanceOfRun } from '#platform/testing';
import { withClient } from '../../src/database.js';
import { ItemRow } from './fixture.js';
import { type ProofGround, past } from './proof-kit.js';

interface InterleaveOptions {
  requests: number;
  tenants?: number;
  inFlight?: number;
  /** A server can sleep in SQL without stopping everybody else. */
  sqlSleep?: boolean;
}

interface InterleaveResult {
  requests: number;
  /** How many ended as they should: with an answer, or with the failure that was put into them. */
  answered: number;
  failedOnPurpose: number;
  /** Rows seen or written under another tenant, one sentence each. */
  wrongTenant: string[];
  /** Connections that were left with a setting, a role or a transaction. */
  dirty: string[];
  unexpected: string[];
  seconds: number;
}

/** The failure that requests put into themselves. */
class Planned extends Error {}

interface Run {
  shop: Db;
  tenantId: string;
  result: InterleaveResult;
  random: () => number;
  sqlSleep: boolean;
}

/**
 * Many tenants' requests at once on a small pool: statements, repositories, units, nested units and system work, with random delays,
 * throws, failing statements, abandoned work and callers that stop waiting at every await. Every row carries its tenant in its name.
 */
export async function interleave(ground: ProofGround,
  { requests, tenants = 50, inFlight = 200, sqlSleep = false }: InterleaveOptions): Promise<InterleaveResult> {
  const result: InterleaveResult = { requests, answered: 0, failedOnPurpose: 0, wrongTenant: [], dirty: [], unexpected: [], seconds: 0 };
  const ids = Array.from({ length: tenants }, () => newId());
  for (const tenantId of ids) await asTenant(tenantId, () => add({ shop: ground.shop, tenantId } as Run));
  const chance = chanceOfRun('interleave');
  const random = (): number => chance.next();
  const started = Date.now();
  let left = requests;
  const abandoned: Promise<unknown>[] = [];
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const tenantId = ids[Math.floor(random() * ids.length)]!;
      const run: Run = { shop: ground.shop, tenantId, result, random, sqlSleep };
      const work = asTenant(tenantId, () => pick(random)(run)).then(() => void result.answered++,
        (error: unknown) => failed(result, error));
      // One request in ten has a caller who stops waiting: its work goes on without him.
      if (random() < 0.1) abandoned.push(work);
      else await work;
      if (abandoned.length > inFlight) await Promise.all(abandoned.splice(0));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  await Promise.all(abandoned);
  result.seconds = (Date.now() - started) / 1_000;
  await inspect(ground, result);
  return result;
}

function failed(result: InterleaveResult, error: unknown): void {
  const planned = error instanceof Planned || (error as { code?: string }).code === '22012' ||
    (error instanceof AppError && (error.reason === 'kernel.rolled-back' || error.reason === 'kernel.unit-doomed'));
  if (planned) result.failedOnPurpose++;
  else result.unexpected.push(`${(error as { reason?: string }).reason ?? ''} ${(error as Error).message}`);
}

type Scene = (run: Run) => Promise<void>;

const scenes: [weight: number, scene: Scene][] = [
  [20, read],
  [15, async (run) => see(run, await run.shop.repo(ItemRow).find())],
  [15, async (run) => { await Promise.all([read(run), read(run), read(run)]); }],
  [10, (run) => run.shop.tx(async () => { await pause(run); await add(run); await pause(run); await read(run); })],
  [10, (run) => run.shop.tx(async () => { await add(run); await pause(run); throw new Planned(); })],
  [6, (run) => run.shop.tx(async () => { await Promise.all([read(run), add(run), read(run)]); })],
  [6, (run) => run.shop.tx(async () => { await run.shop.tx(() => add(run)); await pause(run); await run.shop.tx(() => read(run)); })],
  [5, async (run) => { await run.shop.query('select 1 / 0'); }],
  [4, (run) => run.shop.tx(async () => { await add(run); await run.shop.query('select 1 / 0').catch(() => undefined); await pause(run); })],
  [3, (run) => run.shop.tx(async () => { await run.shop.tx(async () => { throw new Planned(); }).catch(() => undefined);
    await pause(run); })],
  [3, async (run) => { await run.shop.repo(ItemRow).save({ tenantId: run.tenantId, id: newId(), name: `${run.tenantId} ${newId()}` }); }],
  // Not awaited: may still be under way when the unit throws.
  [2, (run) => run.shop.tx(async () => { void read(run).catch(() => undefined); await pause(run); throw new Planned(); })],
  [1, async (run) => { await run.shop.system('interleaving', () => run.shop.query('select name from shop.item limit 5'));
    await read(run); }],
  [1, async (run) => { await run.shop.query(run.sqlSleep ? 'select pg_sleep(0.01)' : 'select 1'); await read(run); }],
];

const TOTAL = scenes.reduce((sum, [weight]) => sum + weight, 0);

function pick(random: () => number): Scene {
  let at = random() * TOTAL;
  const [, scene] = scenes.find(([weight]) => (at -= weight) < 0)!;
  return async (run) => {
    await pause(run);
    await scene(run);
    await pause(run);
    await read(run);
  };
}

async function read(run: Run): Promise<void> {
  see(run, await run.shop.query<{ name: string }>('select name from shop.item order by id desc limit 5'));
}

function see(run: Run, rows: { name: string }[]): void {
  const foreign = rows.find(({ name }) => !name.startsWith(run.tenantId));
  if (foreign) run.result.wrongTenant.push(`${run.tenantId} saw ${foreign.name}`);
  if (rows.length === 0) run.result.wrongTenant.push(`${run.tenantId} saw none of its rows`);
}

/** For whoever the database believes is at work, in the name of whoever really is. (The guard knows the setting's name in one piece.) */
async function add({ shop, tenantId }: Run): Promise<void> {
  await shop.query('insert into shop.item (tenant_id, id, name) values ((select nullif(current_setting(\'app.\' || \'tenant_id\', ' +
    'true), \'\')::uuid), $1, $2)', [newId(), `${tenantId} ${newId()}`]);
}

async function pause({ random }: Run): Promise<void> {
  const chance = random();
  if (chance < 0.3) return;
  if (chance < 0.6) await new Promise((resolve) => setImmediate(resolve));
  else if (chance < 0.7) await sleep(random() * 3);
  else await Promise.resolve();
}

/** As the superuser: whose rows were written in whose name. And each connection, asked past the wall what it still holds. */
async function inspect({ database, admin }: ProofGround, result: InterleaveResult): Promise<void> {
  const { rows } = await withClient(admin as pg.ClientConfig,
    (client) => client.query<{ name: string; tenant: string }>(`select name, tenant_id as tenant from shop.item where name like '%-% ` +
      `%-%' and name not like tenant_id::text || ' %'`));
  for (const { name, tenant } of rows) result.wrongTenant.push(`${name} was written for ${tenant}`);
  for (const client of database.pool.clients) {
    const [left] = await past<{ role: string; tenant: string | null; set: number }>(client,
      `select current_setting('role') as role, current_setting('app.tenant_id', true) as tenant`);
    const status = client.getTransactionStatus();
    if (left!.role !== 'none' || left!.tenant || status !== 'I') result.dirty.push(`${left!.role} ${left!.tenant} ${status}`);
  }
}
