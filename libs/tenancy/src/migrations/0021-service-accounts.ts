import { type Migration, tenantTable } from '#platform/database';

export const serviceAccounts: Migration = {
  name: 'tenancy/0021-service-accounts',
  up: [
    // Deleted ones stay, so that what they did can still be told apart.
    ...tenantTable('tenancy.service_account', `
      id uuid not null,
      name text not null,
      role text,
      custom_role_id uuid,
      permissions text[],
      status text not null default 'active' check (status in ('active', 'disabled')),
      created_by uuid not null,
      created_at timestamptz(3) not null default now(),
      deleted_at timestamptz(3),
      primary key (tenant_id, id),
      foreign key (tenant_id, custom_role_id) references tenancy.role (tenant_id, id),
      check (num_nonnulls(role, custom_role_id, permissions) = 1)`),
    'create unique index service_account_by_name on tenancy.service_account (tenant_id, name) where deleted_at is null',
    // Whose key it is: a member's, a service account's, or (neither) the tenant's own.
    'alter table tenancy.api_key add column member_id uuid, add column account_id uuid, add column rate_per_minute int check ' +
      '(rate_per_minute > 0)',
    'alter table tenancy.api_key add constraint api_key_member foreign key (tenant_id, member_id) references tenancy.membership ' +
      '(tenant_id, id) on delete cascade',
    'alter table tenancy.api_key add constraint api_key_account foreign key (tenant_id, account_id) references tenancy.service_account ' +
      '(tenant_id, id)',
    'alter table tenancy.api_key add constraint api_key_holder check (num_nonnulls(member_id, account_id) <= 1)',
    'create index api_key_by_member on tenancy.api_key (tenant_id, member_id) where member_id is not null',
    'create index api_key_by_account on tenancy.api_key (tenant_id, account_id) where account_id is not null',
  ],
};
