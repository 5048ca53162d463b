import { createHash, randomBytes } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { environment } from '#platform/core';
import { EmbeddedPostgres } from '#platform/pglite';
import { checksum, migrate, type SchemaOwner } from '#platform/database';
import { createLogin, platformMigrations } from '#platform/runtime';
import { databaseUrl, startPostgres, type TestPostgres, withAdmin, withClient } from './postgres.js';
import { repoRoot } from './repo-root.js';
import { testFolder } from './servers/keeper.js';

export type Engine = 'embedded' | 'postgres';

/** For `describe.each(engines)`: what runs on one database must run on the other. ATOLL_TEST_ENGINES=embedded (or postgres) narrows it. */
export const engines: Engine[] = (['embedded', 'postgres'] as const).filter((engine) =>
  (environment().ATOLL_TEST_ENGINES ?? 'embedded,postgres').split(',').includes(engine));

export interface TestDatabase {
  engine: Engine;
  embedded: boolean;
  /** How a pg client or pool gets in: the unprivileged login on Postgres, the engine's stream on the embedded one. */
  config: pg.ClientConfig;
  /** The same as the owner of the schemas. */
  admin: pg.ClientConfig;
  /** For DATABASE_URL and ATOLL_MIGRATION_DATABASE_URL; absent on the embedded engine. */
  url?: string;
  adminUrl?: string;
  close(): Promise<void>;
}

/**
 * A database of the caller's own, migrated for the platform and `owners` (without `owners`: empty), in about half a second: both engines
 * copy a template that is made once per schema. `dataDir` puts the embedded one on disk; otherwise it lives in memory. `server` is one of
 * the caller's own.
 */
export async function testDatabase({ engine = 'embedded', owners, dataDir, server }: { engine?: Engine; owners?: SchemaOwner[];
  dataDir?: string; server?: TestPostgres } = {}): Promise<TestDatabase> {
  return engine === 'embedded' ? embeddedDatabase(withPlatform(owners), dataDir)
    : postgresDatabase(withPlatform(owners), server ?? (await startPostgres()));
}

/**
 * Puts a migrated embedded database where a program under test will open it, in place of the seconds that initdb and the migrations take.
 */
export async function seedDataDir(dataDir: string, owners?: SchemaOwner[]): Promise<void> {
  cpSync(await embeddedTemplate(withPlatform(owners)), join(dataDir, 'cluster'), { recursive: true });
}

function withPlatform(owners: SchemaOwner[] | undefined): SchemaOwner[] | undefined {
  return owners && [{ name: 'kernel', migrations: platformMigrations }, ...owners];
}

async function embeddedDatabase(schema: SchemaOwner[] | undefined, dataDir?: string): Promise<TestDatabase> {
  const database = await EmbeddedPostgres.start({ dataDir, template: await embeddedTemplate(schema) });
  const config = embeddedConfig(database);
  return { engine: 'embedded', embedded: true, config, admin: config, close: () => database.close() };
}

function embeddedConfig(database: EmbeddedPostgres): pg.ClientConfig {
  return { stream: () => database.stream(), user: 'postgres', database: 'postgres', application_name: 'atoll' };
}

/** A closed cluster directory in the system's temporary folder, named by what is in it. */
async function embeddedTemplate(schema: SchemaOwner[] | undefined): Promise<string> {
  const folder = testFolder('templates');
  const path = join(folder, fingerprint(schema));
  if (exists(join(path, 'cluster', 'PG_VERSION'))) {
    utimesSync(path, new Date(), new Date());
    return join(path, 'cluster');
  }
  const making = `${path}.${process.pid}.${randomBytes(3).toString('hex')}`;
  const database = await EmbeddedPostgres.start({ dataDir: making, template: schema && (await embeddedTemplate(undefined)) });
  try {
    if (schema) await withClient(embeddedConfig(database), (admin) => migrate(admin, schema, true));
  } finally {
    await database.close();
  }
  forgetOld(folder);
  try {
    renameSync(making, path);
  } catch {
    // Another process was first; its copy is as good.
    rmSync(making, { recursive: true, force: true });
  }
  return join(path, 'cluster');
}

const DAY_MS = 86_400_000;

function forgetOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (Date.now() - statSync(path).mtimeMs > DAY_MS) rmSync(path, { recursive: true, force: true });
  }
}

async function postgresDatabase(schema: SchemaOwner[] | undefined, server: TestPostgres): Promise<TestDatabase> {
  const template = schema && (await postgresTemplate(server, schema));
  const adminUrl = await server.createDatabase(template);
  const login = `atoll_test_${randomBytes(5).toString('hex')}`;
  const { databaseUrl: url } = await createLogin({ adminUrl, login });
  return {
    engine: 'postgres',
    embedded: false,
    config: { connectionString: url, application_name: 'atoll' },
    admin: { connectionString: adminUrl, application_name: 'atoll migrate' },
    url,
    adminUrl,
    close: async () => {
      await server.dropDatabase(adminUrl);
      await withAdmin(server.adminUrl, (admin) => admin.query(`drop role ${login}`));
      await server.close();
    },
  };
}

/** Made once per server under an advisory lock, as several spec files ask at the same time; named only when it is complete. */
async function postgresTemplate(server: TestPostgres, schema: SchemaOwner[]): Promise<string> {
  const name = `template_${fingerprint(schema)}`;
  await withAdmin(server.adminUrl, async (admin) => {
    const found = async (): Promise<boolean> => (await admin.query('select 1 from pg_database where datname = $1', [name])).rowCount === 1;
    if (await found()) return;
    await admin.query('select pg_advisory_lock(hashtext($1))', [name]);
    if (await found()) return;
    const making = `${name}_making`;
    await admin.query(`drop database if exists ${making}`);
    await admin.query(`create database ${making} template template0`);
    await withAdmin(databaseUrl(server.adminUrl, making), (owner) => migrate(owner, schema));
    await admin.query(`alter database ${making} rename to ${name}`);
  });
  return name;
}

/** Of everything a migrated database depends on: the migrations, and the code that runs them. */
function fingerprint(schema: SchemaOwner[] | undefined): string {
  const hash = createHash('sha256');
  for (const { name, migrations } of schema ?? [])
    hash.update(`${name}\n${migrations.map((migration) => `${migration.name} ${checksum(migration)}`).join('\n')}\n`);
  const code = schema ? [
    'migrate/runner.ts', 'migrate/roles.ts', 'migrate/server.ts', 'schema/tables.ts',
  ].map((file) => `database/src/${file}`) : [];
  for (const file of [...code, 'pglite/src/engine/boot.ts', 'pglite/src/engine/initialize.ts'])
    hash.update(readFileSync(join(repoRoot(), 'libs/platform', file)));
  return `${schema ? 'schema' : 'empty'}_${hash.digest('hex').slice(0, 16)}`;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
