import { contextRole, type Migration, systemPolicy, tenantTable } from '#platform/database';

export const lifeCycle: Migration = {
  name: 'tenancy/0011-life-cycle',
  up: [
    'alter table tenancy.tenant add column suspended_reason text, add column trial_ends_at timestamptz(3)',
    'create index tenant_by_trial on tenancy.tenant (trial_ends_at) where trial_ends_at is not null',
    ...tenantTable('tenancy.tenant_settings', `
      version int not null check (version > 0),
      settings jsonb not null,
      changed_by uuid not null,
      changed_at timestamptz(3) not null default now(),
      restored_from int,
      primary key (tenant_id, version)`),
    `revoke update, delete on tenancy.tenant_settings from ${contextRole('tenancy')}`,
    ...systemPolicy('tenancy.tenant_settings', 'select', 'erasure finds the settings of a tenant that is deleted'),
    ...systemPolicy('tenancy.tenant_settings', 'delete', 'erasure of a deleted tenant; versions are history and stay otherwise'),
  ],
};
