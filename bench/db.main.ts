import 'reflect-metadata';
import { Controller, Get, Global, Module } from '@nestjs/common';
import pg from 'pg';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Allow, Authenticator, HttpConfig, openEdge, type Principal } from '#platform/http';
import { CoreConfig, current, newId, ObservabilityConfig } from '#platform/core';
import { Database, type DatabaseTarget, type Db, tenantTable, type SchemaRegistration, withClient } from '#platform/database';
import { embeddedTarget, serverTarget } from '#platform/runtime';

/**
 * One subject of the db bench in a process of its own: `<engine> <way> [login URL] [admin URL]`. Tells its port, and its CPU time when
 * asked.
 */
const [engine, way, url, adminUrl] = process.argv.slice(2) as [string, string, string | undefined, string | undefined];

const TENANT = '01900000-0000-7000-8000-000000000001';
const TENANTS = 50;
const ROWS = 200;
const CONNECTIONS = 10;

@Entity({ schema: 'bench', name: 'item' })
class ItemRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' }) tenantId: string;
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ type: 'text' }) name: string;
  @Column({ type: 'int' }) amount: number;
}

const schema: SchemaRegistration = {
  name: 'bench',
  entities: [ItemRow],
  migrations: [{ name: 'bench/0001-items',
    up: tenantTable('bench.item', 'id uuid not null, name text not null, amount int not null, primary key (tenant_id, id)') }],
};

/** Two reads, in three ways: what a controller hands back is the same. */
abstract class Items {
  abstract one(id: string): Promise<object | null>;
  abstract page(): Promise<object[]>;
}

const ONE = 'select id, name, amount from bench.item where id = $1';
const PAGE = 'select id, name, amount from bench.item order by id limit 20';

/** By hand: pg's own pool, prepared, the tenant in the WHERE, as a superuser whom no policy concerns. */
class HandItems extends Items {
  constructor(private readonly pool: pg.Pool) {
    super();
  }

  override async one(id: string): Promise<object | null> {
    const { tenantId } = current();
    return (await this.pool.query<object>({ name: 'one', text: 'select id, name, amount from bench.item where tenant_id = $1 and id = $2',
      values: [tenantId, id] })).rows[0] ?? null;
  }

  override async page(): Promise<object[]> {
    const { tenantId } = current();
    return (await this.pool.query<object>({ name: 'page',
      text: 'select id, name, amount from bench.item where tenant_id = $1 order by id limit 20', values: [tenantId] })).rows;
  }
}

class SqlItems extends Items {
  constructor(private readonly db: Db) {
    super();
  }

  override async one(id: string): Promise<object | null> {
    return (await this.db.query<object>(ONE, [id]))[0] ?? null;
  }

  override page(): Promise<object[]> {
    return this.db.query<object>(PAGE);
  }
}

class RepositoryItems extends Items {
  constructor(private readonly db: Db) {
    super();
  }

  override one(id: string): Promise<object | null> {
    return this.db.repo(ItemRow).findOneBy({ id });
  }

  override page(): Promise<object[]> {
    return this.db.repo(ItemRow).find({ order: { id: 'asc' }, take: 20 });
  }
}

let ids: string[] = [];

@Controller('v1')
class ItemController {
  constructor(private readonly items: Items) {}

  @Get('one')
  @Allow('bench.items.read')
  async one(): Promise<object | null> {
    return this.items.one(ids[Math.floor(Math.random() * ids.length)]!);
  }

  @Get('page')
  @Allow('bench.items.read')
  async page(): Promise<object> {
    return { items: await this.items.page(), nextCursor: null };
  }
}

class BenchAuthenticator extends Authenticator {
  async authenticate(): Promise<Principal> {
    return { tenantId: TENANT, credentialId: 'bench',
      actor: { kind: 'user', id: TENANT, roles: ['member'], permissions: ['bench.items.read'] } };
  }
}

async function fill(config: pg.ClientConfig): Promise<void> {
  await withClient(config, async (admin) => {
    for (let at = 0; at < TENANTS; at++) {
      const rows = Array.from({ length: ROWS }, () => newId());
      const tenantId = at === 0 ? TENANT : newId();
      const known = (await admin.query<{ id: string }>('select id from bench.item where tenant_id = $1', [tenantId])).rows;
      if (at === 0) ids = known.length > 0 ? known.map((row) => row.id) : rows;
      if (known.length > 0) return;
      await admin.query(`insert into bench.item (tenant_id, id, name, amount) select $1, id, 'an item of some length', 7 from ` +
        `unnest($2::uuid[]) id`, [tenantId, rows]);
    }
    await admin.query('analyze bench.item');
  });
}

async function itemsOf(target: DatabaseTarget): Promise<Items> {
  const database = await Database.open(target);
  await fill(target.admin!);
  if (way === 'hand') return new HandItems(new pg.Pool({ ...target.admin, max: CONNECTIONS, idleTimeoutMillis: 0 }));
  const db = database.dbs.get('bench')!;
  return way === 'sql' ? new SqlItems(db) : new RepositoryItems(db);
}

const limits = { size: CONNECTIONS, statementMs: 30_000, waitMs: 10_000 };
const items = await itemsOf(engine === 'postgres' ? serverTarget(url!, adminUrl, [schema], limits)
  : await embeddedTarget({}, [schema], limits));
const core = Object.assign(new CoreConfig(), { environment: 'production', port: 0 });
const http = Object.assign(new HttpConfig(), { docs: false, ratePerMinute: 1e9, accessLog: false });

@Global()
@Module({
  controllers: [ItemController],
  providers: [{ provide: Authenticator, useClass: BenchAuthenticator }, { provide: CoreConfig, useValue: core },
    { provide: Items, useValue: items }],
  exports: [Authenticator, CoreConfig],
})
class BenchModule {}

const edge = await openEdge({ core, http, observability: new ObservabilityConfig(), imports: [BenchModule], publicHttp: true });
const port = Number(new URL(await edge.listen()).port);
process.on('message', () => process.send!({ cpu: process.cpuUsage() }));
process.send!({ port });
