import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { AppError, retrying } from '#platform/core';
import { sqlState } from '../connection/errors.js';
import type { Migration, SchemaOwner, ServerFacts } from '../schema/migration.js';
import { ALL_CONTEXTS, contextRole, systemRole } from '../schema/tables.js';
import { ensureRoles } from './roles.js';
import { recordFacts, serverVersion } from './server.js';

export interface MigrationReport {
  server: ServerFacts;
  /** Names of the migrations this run applied. */
  applied: string[];
}

/** 'atoll' in numbers: one migration at a time per database. */
const LOCK = 412_155_155;
const LOCK_WAIT_MS = 10 * 60_000;
const TABLE_LOCK_TRIES = 10;

/**
 * Brings a database to this program's schema: the platform first, then the contexts in the order given. `admin` is a connection as the role
 * that owns the schemas. Each migration is one transaction with its record; one that was edited after it ran stops everything.
 */
export async function migrate(admin: pg.ClientBase, owners: SchemaOwner[], embedded = false): Promise<MigrationReport> {
  await serverVersion(admin);
  return locked(admin, async () => {
    await prepareKernel(admin);
    const server = await recordFacts(admin, embedded);
    const records = await readRecords(admin);
    const applied: string[] = [];
    for (const owner of owners) {
      await prepareSchema(admin, owner.name);
      for (const migration of ordered(owner)) {
        const recorded = records.get(migration.name);
        const sum = checksum(migration);
        if (recorded === undefined) {
          await apply(admin, owner.name, migration, sum, server);
          applied.push(migration.name);
        } else if (recorded !== sum) throw edited(migration.name);
      }
    }
    return { server, applied };
  });
}

/** Over every form of the statements, so that it does not depend on the server that was asked first. */
export function checksum(migration: Migration): string {
  const { up } = migration;
  const forms = typeof up === 'function'
    ? [true, false].flatMap((vector) => [true, false].map((embedded) => up({ version: 15, vector, embedded }))) : up;
  return createHash('sha256').update(JSON.stringify(forms)).digest('hex');
}

async function prepareKernel(admin: pg.ClientBase): Promise<void> {
  await prepareSchema(admin, 'kernel');
  await admin.query(`create table if not exists kernel.migration (name text primary key, context text not null, checksum text not null, ` +
    `breaking boolean not null, applied_at timestamptz not null default now())`);
  await admin.query(`comment on table kernel.migration is 'no tenant: the history of this database''s schema'`);
  await admin.query(`create table if not exists kernel.database (only_row boolean primary key default true check (only_row), vector ` +
    `boolean not null, created_at timestamptz not null default now())`);
  await admin.query(`comment on table kernel.database is 'no tenant: what this server could do when the schema was made'`);
  await admin.query(`grant select on kernel.migration, kernel.database to ${ALL_CONTEXTS}`);
  const { rows } = await admin.query<{ name: string }>('select quote_ident(current_database()) as name');
  await admin.query(`revoke temporary on database ${rows[0]!.name} from public`);
  await admin.query('revoke create on schema public from public');
}

async function prepareSchema(admin: pg.ClientBase, context: string): Promise<void> {
  if (!/^[a-z]{2,30}$/.test(context)) throw new Error(`A context's name is lower-case letters only: ${context}`);
  await ensureRoles(admin, context);
  await admin.query(`create schema if not exists ${context}`);
  await admin.query(`grant usage on schema ${context} to ${context === 'kernel' ? ALL_CONTEXTS : contextRole(context)}, ` +
    `${systemRole(context)}`);
}

async function apply(admin: pg.ClientBase, context: string, migration: Migration, sum: string, server: ServerFacts): Promise<void> {
  const statements = typeof migration.up === 'function' ? migration.up(server) : migration.up;
  const record = [migration.name, context, sum, migration.breaking ?? false];
  const applyOnce = async (): Promise<void> => {
    try {
      await admin.query('begin');
      // A migration that waits for a table lock makes everybody after it wait too: give way soon and come back.
      await admin.query(`set local lock_timeout = '3s'`);
      for (const statement of statements) await admin.query(statement);
      await admin.query('insert into kernel.migration (name, context, checksum, breaking) values ($1, $2, $3, $4)', record);
      await admin.query('commit');
    } catch (error) {
      await admin.query('rollback');
      throw error;
    }
  };
  const locked = (error: unknown): boolean => sqlState(error) === '55P03';
  await retrying({ attempts: TABLE_LOCK_TRIES, pauseMs: (attempt) => 500 * attempt, when: locked }, applyOnce).catch((error: unknown) => {
    throw failed(migration.name, error);
  });
}

async function readRecords(admin: pg.ClientBase): Promise<Map<string, string>> {
  const { rows } = await admin.query<{ name: string; checksum: string }>('select name, checksum from kernel.migration');
  return new Map(rows.map((row) => [row.name, row.checksum]));
}

function ordered({ name, migrations }: SchemaOwner): Migration[] {
  migrations.forEach((migration, index) => {
    if (!migration.name.startsWith(`${name}/`))
      throw new Error(`${migration.name} is listed by ${name}; its name must start with ${name}/`);
    if (index > 0 && migrations[index - 1]!.name >= migration.name)
      throw new Error(`${migration.name} comes after ${migrations[index - 1]!.name}: migrations stand in the order of their names`);
  });
  return migrations;
}

async function locked<T>(admin: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  const until = Date.now() + LOCK_WAIT_MS;
  while (!(await admin.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [LOCK])).rows[0]!.got) {
    if (Date.now() > until) throw new AppError('unavailable', 'kernel.migration-locked',
      'Another process has been migrating this database for ten minutes. See whether it still runs, end it if not, and start again.');
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
  }
}

function edited(name: string): AppError {
  return new AppError('internal', 'kernel.migration-edited',
    `Migration ${name} was edited after it ran on this database, so what the database holds is not what the program expects. Restore ` +
      `the file and put the change into a new migration. (A development database may be deleted instead.)`);
}

function failed(name: string, cause: unknown): AppError {
  const { message } = cause as Error;
  return new AppError('internal', 'kernel.migration-failed',
    `Migration ${name} failed and was rolled back: ${message}. The database is as it was before it; mend the cause and start again.`,
    { cause });
}
