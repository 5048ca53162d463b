import { contextRole, type Migration, systemPolicy, tenantTable } from '#platform/database';

const role = contextRole('tenancy');

export const audit: Migration = {
  name: 'tenancy/0010-audit',
  up: [
    // What can be asked for is computed from the text that was hashed, so the two cannot differ.
    ...tenantTable('tenancy.audit_entry', `
      sequence bigint not null check (sequence > 0),
      id uuid not null,
      body text not null,
      hash text not null,
      at text collate "C" generated always as (body::jsonb ->> 'at') stored,
      action text collate "C" generated always as (body::jsonb ->> 'action') stored,
      actor_id text generated always as (body::jsonb -> 'actor' ->> 'id') stored,
      target text generated always as (body::jsonb ->> 'target') stored,
      primary key (tenant_id, sequence),
      unique (tenant_id, id)`),
    `revoke update, delete on tenancy.audit_entry from ${role}`,
    ...systemPolicy('tenancy.audit_entry', 'select', 'erasure finds the entries of a tenant that is deleted'),
    ...systemPolicy('tenancy.audit_entry', 'delete', 'erasure of a deleted tenant; nothing else ends an entry'),
    'create index audit_entry_by_target on tenancy.audit_entry (tenant_id, target, sequence)',
    'create index audit_entry_by_actor on tenancy.audit_entry (tenant_id, actor_id, sequence)',
    ...tenantTable('tenancy.audit_head', `
      sequence bigint not null default 0,
      hash text not null default '',
      noted bigint not null default 0,
      primary key (tenant_id)`),
    ...systemPolicy('tenancy.audit_head', 'select', 'the schedule of checkpoints looks for chains that have grown'),
    'create index audit_head_grown on tenancy.audit_head (tenant_id) where sequence > noted',
  ],
};
