import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Database, type SchemaRegistration } from '../../src/database.js';
import { globalTable, systemPolicy, tenantTable } from '../../src/schema/tables.js';
import type { PoolLimits } from '../../src/connection/tenant-pool.js';
import type pg from 'pg';
import { withPlatform } from '#platform/runtime';
import { type TestDatabase, testDatabase, type Engine } from '#platform/testing';


@Entity({ schema: 'shop', name: 'item' })
export class ItemRow {
  @PrimaryColumn('uuid') tenantId: string;
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('int', { default: 0 }) amount: number;
}

/** Two small contexts with one of every kind of thing: what the specs of the wall run on. */
export const shop: SchemaRegistration = {
  name: 'shop',
  entities: [ItemRow],
  migrations: [{
    name: 'shop/0001-items',
    up: [
      ...tenantTable('shop.item',
        'id uuid not null, name text not null, amount int not null default 0, primary key (tenant_id, id), unique (tenant_id, name)'),
      ...tenantTable('shop.line', `id uuid not null, item_id uuid not null, note bytea, tags text[] not null default '{}', at timestamptz not null default now(),
        primary key (tenant_id, id), foreign key (tenant_id, item_id) references shop.item (tenant_id, id) on delete cascade`),
      ...systemPolicy('shop.item', 'select', 'the specs look over all tenants'),
      ...globalTable('shop.season', 'name text primary key', 'seasons are the same for everybody', { readers: 'context' }),
      'create view shop.dear with (security_invoker = true) as select * from shop.item where amount > 100',
      'grant select on shop.dear to atoll_shop',
    ],
  }],
};

export const depot: SchemaRegistration = {
  name: 'depot',
  entities: [],
  migrations: [{ name: 'depot/0001-shelves',
    up: tenantTable('depot.shelf', 'id uuid not null, label text not null, primary key (tenant_id, id)') }],
};

export interface OpenFixture {
  database: Database;
  test: TestDatabase;
  close(): Promise<void>;
}

/** A database of the caller's own for these contexts, opened as in production, by itself or `through` something in between. */
export async function openWalled(
  engine: Engine, schemas: SchemaRegistration[] = [shop, depot], limits: Partial<PoolLimits> = {},
  through?: (test: TestDatabase) => Promise<pg.ClientConfig>,
): Promise<OpenFixture> {
  const test = await testDatabase({ engine, owners: schemas });
  const target = withPlatform(
    {
      config: through ? await through(test) : test.config, embedded: test.embedded, schemas,
      limits: { size: 5, statementMs: 30_000, waitMs: 10_000, ...limits },
    }
  );
  const database = await Database.open(target).catch(async (error: unknown) => {
    await test.close();
    throw error;
  });
  return {
    database,
    test,
    close: async () => {
      await database.close();
      await test.close();
    },
  };
}
