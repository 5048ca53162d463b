import { globalTable, type Migration } from '#platform/database';

export const erasures: Migration = {
  name: 'tenancy/0041-erasures',
  up: [
    // `tenant` and not tenant_id: the row outlives its tenant, and holds nothing of it but numbers.
    ...globalTable(
      'tenancy.erasure',
      `id uuid primary key,
      tenant uuid not null,
      cause text not null check (cause in ('owner', 'operator', 'import')),
      asked_by uuid not null,
      asked_at timestamptz(3) not null default now(),
      due_at timestamptz(3) not null,
      state text not null default 'waiting' check (state in ('waiting', 'taken-back', 'erasing', 'done')),
      round int not null default 0,
      expected text[] not null default '{}',
      parts jsonb not null default '{}',
      report jsonb not null default '{}',
      finished_at timestamptz(3)`,
      'the proof that a tenant is gone is kept when nothing else of it is',
      { writers: 'context' },
    ),
    `create unique index one_erasure_per_tenant on tenancy.erasure (tenant) where state in ('waiting', 'erasing')`,
    `create index erasure_due on tenancy.erasure (due_at) where state in ('waiting', 'erasing')`,
  ],
};
