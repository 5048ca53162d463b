import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type Actor, type Scope } from '../context/scope.js';
import { runAs } from '../context/flow.js';
import type { Tenure } from './database.js';
import { globalTable, systemPolicy, tenantTable } from './tables.js';

@Entity({ schema: 'shop', name: 'item' })
export class ItemRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' }) tenantId: string;
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ type: 'text' }) name: string;
  @Column({ type: 'int' }) amount: number;
}

/** Two small contexts with one of every kind of table: what the specs of the wall run on. */
export const shop: Tenure = {
  name: 'shop',
  entities: [ItemRow],
  migrations: [{
    name: 'shop/0001-items',
    up: [
      ...tenantTable('shop.item', 'id uuid not null, name text not null, amount int not null default 0, primary key (tenant_id, id), unique (tenant_id, name)'),
      ...tenantTable('shop.line', `id uuid not null, item_id uuid not null, note bytea, tags text[] not null default '{}', at timestamptz not null default now(),
        primary key (tenant_id, id), foreign key (tenant_id, item_id) references shop.item (tenant_id, id) on delete cascade`),
      ...systemPolicy('shop.item', 'select', 'the specs look over all tenants'),
      ...globalTable('shop.season', 'name text primary key', 'seasons are the same for everybody', { readers: 'context' }),
      'create view shop.dear with (security_invoker = true) as select * from shop.item where amount > 100',
      'grant select on shop.dear to atoll_shop',
    ],
  }],
};

export const depot: Tenure = {
  name: 'depot',
  entities: [],
  migrations: [{ name: 'depot/0001-shelves', up: tenantTable('depot.shelf', 'id uuid not null, label text not null, primary key (tenant_id, id)') }],
};

export function scopeOf(tenantId: string): Scope {
  const actor: Actor = { kind: 'user', id: '00000000-0000-7000-8000-000000000001', roles: [], permissions: ['*'] };
  return { tenantId, actor };
}

export function asTenant<T>(tenantId: string, work: () => T): T {
  return runAs(scopeOf(tenantId), work);
}
