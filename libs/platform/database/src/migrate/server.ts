import type pg from 'pg';
import { AppError } from '#platform/core';
import type { ServerFacts } from '../schema/migration.js';

const OLDEST_POSTGRES = 15;

/** Major version of the server; refuses one that is too old to hold the wall (security_invoker views came with 15). */
export async function serverVersion(connection: pg.ClientBase): Promise<number> {
  const { rows } = await connection.query<{ version: string }>(`select current_setting('server_version_num') as version`);
  const version = Math.floor(Number(rows[0]!.version) / 10_000);
  if (version < OLDEST_POSTGRES) {
    throw new AppError('invalid', 'kernel.postgres-too-old',
      `Atoll needs Postgres ${OLDEST_POSTGRES} or newer; this server is version ${version}. Upgrade it, or leave DATABASE_URL empty to ` +
        `use the embedded one.`);
  }
  return version;
}

/**
 * Creates pgvector where the server offers it and this role may. Recorded once per database: a schema that was built without the type
 * stays on exact scoring until a migration moves it, whatever is installed later.
 */
export async function recordFacts(admin: pg.ClientBase, embedded: boolean): Promise<ServerFacts> {
  const version = await serverVersion(admin);
  const { rows } = await admin.query<{ vector: boolean }>('select vector from kernel.database');
  if (rows[0]) return { version, embedded, vector: rows[0].vector };
  const vector = await createVector(admin);
  await admin.query('insert into kernel.database (vector) values ($1)', [vector]);
  return { version, embedded, vector };
}

async function createVector(admin: pg.ClientBase): Promise<boolean> {
  const { rowCount } = await admin.query(`select 1 from pg_available_extensions where name = 'vector'`);
  if (rowCount === 0) return false;
  try {
    await admin.query('create extension if not exists vector');
    return true;
  } catch {
    return (await admin.query(`select 1 from pg_extension where extname = 'vector'`)).rowCount === 1;
  }
}
