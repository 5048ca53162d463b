import type pg from 'pg';
import { AppError } from '#platform/core';
import { sqlState } from '../connection/errors.js';
import type { SchemaOwner } from '../schema/migration.js';
import { contextRole } from '../schema/tables.js';
import { checksum } from './runner.js';

interface Record {
  name: string;
  context: string;
  checksum: string;
  breaking: boolean;
}

const RUN = 'Run `npm run atoll -- migrate` with ATOLL_MIGRATION_DATABASE_URL set to the role that owns the schemas (or set it for this ' +
  'process, which then migrates at start).';

/** Holds the schema against what this program expects: nothing missing, nothing edited, nothing newer that it would break on. */
export async function assertSchema(client: pg.ClientBase, owners: SchemaOwner[], embedded: boolean): Promise<{ vector: boolean }> {
  const { records, vector } = await asKernel(client, embedded, async () => ({
    records: (await client.query<Record>('select name, context, checksum, breaking from kernel.migration')).rows,
    vector: (await client.query<{ vector: boolean }>('select vector from kernel.database')).rows[0]?.vector ?? false,
  }));
  const known = new Map(owners.flatMap((owner) => owner.migrations).map((migration) => [migration.name, migration]));
  const applied = new Set(records.map((record) => record.name));
  const missing = [...known.keys()].filter((name) => !applied.has(name));
  if (missing.length > 0) throw behind(`${missing.length} migration${missing.length > 1 ? 's have' : ' has'} not run on it: ` +
    `${missing.join(', ')}.`);
  for (const record of records) {
    const migration = known.get(record.name);
    if (migration && checksum(migration) !== record.checksum)
      throw new AppError('internal', 'kernel.migration-edited',
        `Migration ${record.name} is not the one that ran on this database. This program was built from an edited file; restore it.`);
    if (!migration && record.breaking && owners.some((owner) => owner.name === record.context)) throw ahead(record.name);
  }
  return { vector };
}

/** The history is readable to contexts, not to the bare login. */
async function asKernel<T>(client: pg.ClientBase, embedded: boolean, read: () => Promise<T>): Promise<T> {
  try {
    await client.query('begin');
    await client.query(`set local role ${contextRole('kernel')}`);
    const result = await read();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    const state = sqlState(error);
    if (state === '22023' || state === '42704' || state === '42P01' || state === '3F000') throw behind('it holds no schema of Atoll yet.');
    if (state === '42501' && !embedded) throw new AppError('invalid', 'kernel.database-login',
      'The login of DATABASE_URL may not become the context roles. Run `npm run atoll -- db init --admin ' +
        'postgres://OWNER@HOST/DATABASE` and use the DATABASE_URL it prints.', { cause: error });
    throw error;
  }
}

function behind(why: string): AppError {
  return new AppError('precondition-failed', 'kernel.schema-behind',
    `Atoll did not start: this database is not ready for this program; ${why} ${RUN}`);
}

function ahead(name: string): AppError {
  return new AppError('precondition-failed', 'kernel.schema-ahead',
    `Atoll did not start: a newer version has changed this database in a way this program cannot work with (${name}). Start the newer ` +
      `version; this one cannot be rolled back to without a restored backup.`);
}
