import pg from 'pg';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { AppError } from '#platform/core';
import { ContextDb } from './context-db.js';
import { unavailable } from './connection/errors.js';
import type { SchemaOwner, ServerFacts } from './schema/migration.js';
import { migrate } from './migrate/runner.js';
import { assertSchema } from './migrate/schema.js';
import { serverVersion } from './migrate/server.js';
import { Replica, type ReplicaTarget } from './replica.js';
import { type PoolLimits, TenantPool } from './connection/tenant-pool.js';
import { assertDirect } from './connection/pooler.js';
import { assertLogin, assertWall } from './wall/wall.js';

/** What one context keeps in a database. */
export interface SchemaRegistration extends SchemaOwner {
  entities: EntityTarget<ObjectLiteral>[];
}

/** Where one database is and who lives in it. */
export interface DatabaseTarget {
  config: pg.ClientConfig;
  /** Connection as the owner of the schemas; with it migrations run first. */
  admin?: pg.ClientConfig;
  /** The server itself, where `config` leads to a pooler. */
  direct?: pg.ClientConfig;
  /** A standby for reads that may be some seconds old. */
  replica?: ReplicaTarget;
  embedded: boolean;
  schemas: SchemaRegistration[];
  limits: PoolLimits;
  /** Stops the engine behind an embedded database. */
  stop?: () => Promise<void>;
}

/** One database: migrated or found up to date, its wall proven, then open. */
export class Database {
  private constructor(
    readonly target: DatabaseTarget,
    readonly pool: TenantPool,
    readonly dbs: Map<string, ContextDb>,
    private readonly replica?: Replica,
  ) {}

  static async open(target: DatabaseTarget): Promise<Database> {
    const { admin, embedded } = target;
    if (admin) {
      await withClient(admin, async (client) => {
        if (!embedded) await assertDirect(client, admin);
        await migrate(client, target.schemas, embedded);
      });
    }
    const server = await withClient(target.config, (client) => prove(client, target));
    const pool = new TenantPool(target.config, target.limits);
    const replica = target.replica &&
      new Replica(target.replica, target.limits, pool, (config) => withClient(config, (client) => prove(client, target)));
    const dbs = new Map<string, ContextDb>();
    try {
      for (const { name, entities } of target.schemas) dbs.set(name, await new ContextDb(name, pool, server, entities, replica).open());
    } catch (error) {
      await replica?.close();
      await pool.close(0);
      throw error;
    }
    return new Database(target, pool, dbs, replica);
  }

  async close(): Promise<void> {
    for (const db of this.dbs.values()) await db.close();
    await this.replica?.close();
    await this.pool.close();
    await this.target.stop?.();
  }
}

async function prove(client: pg.ClientBase, target: DatabaseTarget): Promise<ServerFacts> {
  const version = await serverVersion(client);
  const contexts = target.schemas.map((schema) => schema.name);
  if (!target.embedded) await assertLogin(client);
  const { vector } = await assertSchema(client, target.schemas, target.embedded);
  await assertWall(client, contexts, target.embedded);
  return { version, embedded: target.embedded, vector };
}

export async function withClient<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionTimeoutMillis: 10_000, ...config });
  // A connection that breaks fails its statement; without a listener it would end the process as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw cannotConnect(error);
  }
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function cannotConnect(error: unknown): unknown {
  const { code } = error as { code?: string };
  if (code === '28P01' || code === '28000') {
    return new AppError('invalid', 'kernel.database-login',
      'Postgres refused the user or password of DATABASE_URL (or of ATOLL_MIGRATION_DATABASE_URL). Set the right ones, or make a login ' +
        'with `npm run atoll -- db init`.', { cause: error });
  }
  if (code === '3D000') {
    return new AppError('invalid', 'kernel.database-missing',
      'The database that DATABASE_URL names does not exist on that server. Create it, then `npm run atoll -- db init`.', { cause: error });
  }
  return unavailable(error);
}
