import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#platform/core';
import { type DatabaseFindings, type DatabaseTarget, inspectDatabase } from '#platform/database';
import { embeddedDir, embeddedTarget, serverTargets } from '#platform/runtime';
import { tellClock } from './clock.js';
import { type Finding, Findings, plain } from './finding.js';
import type { Patient } from './patient.js';

const LIMITS = { size: 2, statementMs: 30_000, waitMs: 10_000 };

/** Every database of this process: login, version, migrations, wall, clock. */
export async function examineDatabases(patient: Patient): Promise<Finding[]> {
  const { core, database, hosted, env } = patient;
  const servers = serverTargets(core, database, hosted, env).map((target) => examineServer(target, patient));
  return (await Promise.all([...(core.databaseUrl ? [] : [examineEmbedded(patient)]), ...servers])).flat();
}

async function examineServer(target: DatabaseTarget, { core, database }: Patient): Promise<Finding[]> {
  const found = new Findings('database');
  const { hostname, pathname } = new URL(target.config.connectionString!);
  try {
    const facts = await inspectDatabase(target);
    if (facts.tooOld) found.refused(facts.tooOld);
    else found.ok(`Postgres ${facts.version} at ${hostname}${pathname}`);
    tellServer(found, facts, core.databasePool, database.waitSeconds);
    tellPooler(found, facts.pooler);
    tellSchema(found, facts, target.admin !== undefined);
    tellClock(found, `Postgres at ${hostname}`, facts.skewMs);
  } catch (error) {
    found.refused(error);
  }
  return found.all;
}

function tellServer(found: Findings, { login, readOnly, unsafe, connections, vector }: DatabaseFindings, pool: number,
  waitSeconds: number): void {
  if (login) found.refused(login);
  if (readOnly) found.fault('this server is a standby and takes no writes', 'Point DATABASE_URL to the primary.');
  if (unsafe.length > 0) found.warning(`${unsafe.join(', ')}: the server acknowledges what a power cut takes away again`,
    'Turn it on in postgresql.conf, unless losing the last moments is acceptable here.');
  const free = connections.most - connections.taken;
  if (free < pool) {
    found.warning(`${free} of ${connections.most} connections are free, and each process takes up to ${pool}; one that finds none waits ` +
      `${waitSeconds} s and gives up`, 'Raise max_connections, lower ATOLL_DATABASE_POOL, or put PgBouncer in front (docs/operations.md).');
  }
  if (vector === 'offered') found.warning('pgvector is on the server and this database was made without it: vectors are compared one ' +
    'by one', 'Fine up to some 10,000 passages a tenant; beyond that move to a database that is migrated with pgvector installed ' +
    '(docs/operations.md).');
}

function tellPooler(found: Findings, { found: is, set, direct, migration }: DatabaseFindings['pooler']): void {
  if (is !== set) {
    const what = { none: 'to Postgres itself', session: 'to a pooler of sessions',
      transaction: 'to a pooler that gives each transaction another connection' };
    const mend = `Set ATOLL_DATABASE_POOLER=${is}.`;
    if (set === 'none' || is === 'transaction')
      found.fault(`DATABASE_URL leads ${what[is]}, and ATOLL_DATABASE_POOLER says ${set}: statements would fail`, mend);
    else found.warning(`DATABASE_URL leads ${what[is]}, and ATOLL_DATABASE_POOLER says ${set}: each statement costs more than it need`,
      mend);
  } else if (is !== 'none') found.ok(`through a pooler of ${is}s, as ATOLL_DATABASE_POOLER says`);
  if (is === 'transaction' && direct === undefined) found.warning('nothing tells this process of new work of others, so it looks every ' +
    'second', 'Set ATOLL_DATABASE_DIRECT_URL to Postgres itself, with the login of DATABASE_URL.');
  if (direct === 'transaction') found.fault('ATOLL_DATABASE_DIRECT_URL leads to a pooler of transactions as well, where no ' +
    'lock of a session holds', 'Point it at Postgres itself.');
  if (migration === 'transaction') found.fault('ATOLL_MIGRATION_DATABASE_URL leads to a pooler of transactions, and migrations need a ' +
    'connection of their own', 'Point it at Postgres itself.');
}

function tellSchema(found: Findings, { schema, wall, login }: DatabaseFindings, migratesAtStart: boolean): void {
  if (schema?.reason === 'kernel.schema-behind' && migratesAtStart)
    found.warning(plain(schema).split(' Run `npm')[0]!,
      'The next start migrates it, since ATOLL_MIGRATION_DATABASE_URL is set; or run npm run atoll -- migrate now.');
  else if (schema) found.refused(schema);
  else found.ok('every migration has been applied');
  for (const hole of wall) found.refused(new Error(`The wall between tenants has a hole: ${hole}`));
  if (!schema && !login && wall.length === 0) found.ok('the wall between tenants stands on every table');
}

/** The embedded database belongs to one process: where one runs on it, that one proved the wall at its start. */
async function examineEmbedded({ core, hosted }: Patient): Promise<Finding[]> {
  const found = new Findings('database');
  const dataDir = embeddedDir(core);
  if (core.production) found.warning('the embedded database serves one process and does not survive a power cut unharmed',
    'Set DATABASE_URL to a Postgres server.');
  if (!existsSync(join(dataDir, 'cluster', 'PG_VERSION'))) {
    found.ok(`embedded; the first start makes it in ${dataDir}`);
    return found.all;
  }
  try {
    const target = await embeddedTarget({ dataDir }, hosted, LIMITS);
    try {
      const facts = await inspectDatabase(target);
      found.ok(`embedded Postgres ${facts.version} in ${dataDir}`);
      tellSchema(found, facts, true);
    } finally {
      await target.stop?.();
    }
  } catch (error) {
    if (error instanceof AppError && error.reason === 'kernel.data-dir-in-use')
      found.ok(`embedded, ${/in use by (process \d+ \([^)]*\)|another process)/.exec(error.message)?.[1] ?? 'in use'}, which proved its ` +
        `wall at its start`);
    else found.refused(error);
  }
  return found.all;
}
