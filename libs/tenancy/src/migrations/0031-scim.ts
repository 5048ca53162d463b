import { type Migration, tenantTable } from '#platform/database';

export const scim: Migration = {
  name: 'tenancy/0031-scim',
  up: [
    ...tenantTable('tenancy.scim_user', `
      member_id uuid not null,
      user_name text,
      external_id text,
      given_name text,
      family_name text,
      base_role text,
      base_custom_role_id uuid,
      changed_at timestamptz(3) not null default now(),
      deleted_at timestamptz(3),
      primary key (tenant_id, member_id),
      foreign key (tenant_id, base_custom_role_id) references tenancy.role (tenant_id, id) on delete set null (base_custom_role_id),
      foreign key (tenant_id, member_id) references tenancy.membership (tenant_id, id) on delete cascade`),
    'create unique index scim_user_name on tenancy.scim_user (tenant_id, lower(user_name)) where deleted_at is null',
    ...tenantTable('tenancy.scim_group', `
      id uuid not null,
      display_name text not null,
      external_id text,
      role text,
      custom_role_id uuid,
      created_at timestamptz(3) not null default now(),
      changed_at timestamptz(3) not null default now(),
      primary key (tenant_id, id),
      foreign key (tenant_id, custom_role_id) references tenancy.role (tenant_id, id) on delete set null (custom_role_id)`),
    'create unique index scim_group_name on tenancy.scim_group (tenant_id, lower(display_name))',
    ...tenantTable('tenancy.scim_group_member', `
      group_id uuid not null,
      member_id uuid not null,
      primary key (tenant_id, group_id, member_id),
      foreign key (tenant_id, group_id) references tenancy.scim_group (tenant_id, id) on delete cascade,
      foreign key (tenant_id, member_id) references tenancy.membership (tenant_id, id) on delete cascade`),
    'create index scim_group_by_member on tenancy.scim_group_member (tenant_id, member_id)',
  ],
};
