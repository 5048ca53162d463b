import { type Migration, tenantTable } from '#platform/database';

export const roles: Migration = {
  name: 'tenancy/0020-roles',
  up: [
    ...tenantTable('tenancy.role', `
      id uuid not null,
      name text not null,
      permissions text[] not null,
      created_by uuid not null,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, name)`),
    'alter table tenancy.membership add column custom_role_id uuid',
    'alter table tenancy.membership add constraint membership_custom_role foreign key (tenant_id, custom_role_id) references ' +
      'tenancy.role (tenant_id, id)',
    'create index membership_by_custom_role on tenancy.membership (tenant_id, custom_role_id) where custom_role_id is not null',
  ],
};
