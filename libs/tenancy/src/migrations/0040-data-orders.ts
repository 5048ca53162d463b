import { type Migration, tenantTable } from '#platform/database';

export const dataOrders: Migration = {
  name: 'tenancy/0040-data-orders',
  up: [
    // `parts` is what each context of `expected` did, by its name.
    ...tenantTable('tenancy.data_order', `
      id uuid not null,
      kind text not null check (kind in ('export', 'import', 'person-export', 'person-erase')),
      state text not null default 'running' check (state in ('running', 'done', 'failed')),
      expected text[] not null,
      parts jsonb not null default '{}',
      person_id uuid,
      asked_by uuid not null,
      archive jsonb,
      error text,
      created_at timestamptz(3) not null default now(),
      finished_at timestamptz(3),
      primary key (tenant_id, id)`),
  ],
};
