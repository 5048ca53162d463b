import { type Migration, tenantTable } from '#platform/database';

export const teams: Migration = {
  name: 'tenancy/0023-teams',
  up: [
    ...tenantTable('tenancy.team', `
      id uuid not null,
      name text not null,
      created_by uuid not null,
      created_at timestamptz(3) not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, name)`),
    ...tenantTable('tenancy.team_member', `
      team_id uuid not null,
      member_id uuid not null,
      added_at timestamptz(3) not null default now(),
      primary key (tenant_id, team_id, member_id),
      foreign key (tenant_id, team_id) references tenancy.team (tenant_id, id) on delete cascade,
      foreign key (tenant_id, member_id) references tenancy.membership (tenant_id, id) on delete cascade`),
    'create index team_member_by_member on tenancy.team_member (tenant_id, member_id)',
  ],
};
