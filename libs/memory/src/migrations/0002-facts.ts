import { type Migration, tenantTable } from '#platform/database';

export const facts: Migration = {
  name: 'memory/0002-facts',
  up: [
    ...tenantTable('memory.fact', `
      id uuid not null,
      owner_id uuid not null,
      text text not null,
      normalised text not null,
      subject text,
      source text not null check (source in ('told', 'learned')),
      created_at timestamptz(3) not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, owner_id, normalised)`),
    'create unique index fact_by_subject on memory.fact (tenant_id, owner_id, subject) where subject is not null',
    'create index fact_by_age on memory.fact (tenant_id, owner_id, created_at desc, id desc)',
  ],
};
