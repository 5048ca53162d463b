import { join } from 'node:path';
import type pg from 'pg';
import { AppError, type CoreConfig } from '#platform/core';
import type { ContextWiring } from './context-wiring.js';
import { migratedTemplate } from './migrated-template.js';
import { platformMigrations } from './migrations.js';
import {
  type ConnectionFacts, Database, type DatabaseConfig, Databases, type DatabaseTarget, type Db, type PoolLimits, type SchemaRegistration,
} from '#platform/database';
import { type EmbeddedOptions, EmbeddedPostgres } from '#platform/pglite';

/** Opens every database of a process; one that fails closes the others. The first is the main one. */
export async function openDatabases(targets: DatabaseTarget[]): Promise<Databases> {
  const open: Database[] = [];
  try {
    for (const target of targets) open.push(await Database.open(target));
  } catch (error) {
    for (const database of open) await database.close();
    for (const target of targets.slice(open.length)) await target.stop?.();
    throw error;
  }
  return new OpenDatabases(open);
}

class OpenDatabases extends Databases {
  constructor(private readonly databases: Database[]) {
    super();
  }

  override of(context: string): Db {
    for (const { dbs } of this.databases) {
      const db = dbs.get(context);
      if (db) return db;
    }
    throw new AppError('internal', 'kernel.no-context',
      `This process does not host the context ${context}, so it has no database here. List its wiring where the process is put together.`);
  }

  override platformDbs(): Db[] {
    return this.databases.map(({ dbs }) => dbs.get('kernel')!);
  }

  override connection(context: string): ConnectionFacts {
    const { target } = this.databases.find(({ dbs }) => dbs.has(context)) ?? this.databases[0]!;
    const { config, direct, embedded, limits } = target;
    return { config: direct ?? config, embedded, keepsSession: direct !== undefined || limits.pooler !== 'transaction' };
  }

  override async close(): Promise<void> {
    for (const database of this.databases.splice(0)) await database.close();
  }
}

/**
 * Where the contexts of this process live: DATABASE_URL or the embedded engine, and ATOLL_DATABASE_URL_<CONTEXT> for those with a
 * database of their own. Each database also holds the platform's tables.
 */
export async function databaseTargets(core: CoreConfig, config: DatabaseConfig, wirings: ContextWiring[],
  env: NodeJS.ProcessEnv): Promise<DatabaseTarget[]> {
  const limits = { ...limitsOf(core, config), pooler: undefined };
  const servers = serverTargets(core, config, wirings, env);
  if (core.databaseUrl) return servers;
  const main = wirings.filter(({ name }) => !urlOf(name, env));
  const engine = { dataDir: embeddedDir(core), template: migratedTemplate(main),
    transactionLimitMs: config.embeddedTransactionSeconds * 1_000 };
  return [await embeddedTarget(engine, main, limits), ...servers];
}

/** The databases of these contexts that are on a server; none of them is opened yet. */
export function serverTargets(core: CoreConfig, config: DatabaseConfig, wirings: ContextWiring[],
  env: NodeJS.ProcessEnv): DatabaseTarget[] {
  const limits = limitsOf(core, config);
  const apart = new Map<string, SchemaRegistration[]>();
  const main: SchemaRegistration[] = [];
  for (const wiring of wirings) {
    const url = urlOf(wiring.name, env);
    if (!url || url === core.databaseUrl) main.push(wiring);
    else apart.set(url, [...(apart.get(url) ?? []), wiring]);
  }
  const own = [...apart].map(([url, schemas]) => {
    const name = schemas[0]!.name.toUpperCase();
    return serverTarget(url, env[`ATOLL_MIGRATION_DATABASE_URL_${name}`], schemas, limits, env[`ATOLL_DATABASE_DIRECT_URL_${name}`]);
  });
  if (!core.databaseUrl) return own;
  const { directUrl, replicaUrl, replicaLagSeconds } = config;
  const replica = replicaUrl ? { config: { connectionString: replicaUrl, application_name: 'atoll' }, maxLagMs: replicaLagSeconds * 1_000 }
    : undefined;
  return [{ ...serverTarget(core.databaseUrl, core.migrationDatabaseUrl, main, limits, directUrl), replica }, ...own];
}

/** Where the embedded database of this process is, or would be. */
export function embeddedDir({ dataDir }: CoreConfig): string {
  return join(dataDir, 'data');
}

function urlOf(context: string, env: NodeJS.ProcessEnv): string | undefined {
  return env[`ATOLL_DATABASE_URL_${context.toUpperCase()}`] || undefined;
}

function limitsOf(core: CoreConfig, config: DatabaseConfig): PoolLimits {
  return { pooler: config.pooler, size: core.databasePool, statementMs: config.statementSeconds * 1_000,
    waitMs: config.waitSeconds * 1_000 };
}

export function serverTarget(
  url: string, adminUrl: string | undefined, schemas: SchemaRegistration[], limits: PoolLimits, directUrl?: string,
): DatabaseTarget {
  const admin = adminUrl ? { connectionString: adminUrl, application_name: 'atoll migrate' } : undefined;
  const direct = directUrl ? { connectionString: directUrl } : undefined;
  return withPlatform({ config: { connectionString: url, application_name: 'atoll' }, admin, direct, embedded: false, schemas, limits });
}

export async function embeddedTarget(options: EmbeddedOptions, schemas: SchemaRegistration[], limits: PoolLimits): Promise<DatabaseTarget> {
  const engine = await EmbeddedPostgres.start(options);
  const config: pg.ClientConfig = { stream: () => engine.stream(), user: 'postgres', database: 'postgres', application_name: 'atoll' };
  // A migration may rightly hold the engine for long.
  const admin: pg.ClientConfig = { ...config, options: '-c transaction_timeout=0' };
  return withPlatform({ config, admin, embedded: true, schemas, limits, stop: () => engine.close() });
}

/** The platform lives in every database, before everybody else. */
export function withPlatform(target: DatabaseTarget): DatabaseTarget {
  return { ...target, schemas: [{ name: 'kernel', migrations: platformMigrations, entities: [] }, ...target.schemas] };
}
