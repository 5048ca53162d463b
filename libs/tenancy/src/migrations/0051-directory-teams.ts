import { backfill, type Migration } from '#platform/database';

/** Of the groups that are there already: a team with the id of its group is as good as one with another id. */
const EXISTING = [
  `insert into tenancy.team (tenant_id, id, name, created_by, group_id)
   select held.tenant_id, held.id, held.display_name, '00000000-0000-7000-8000-000000000001', held.id from tenancy.scim_group held`,
  `insert into tenancy.team_member (tenant_id, team_id, member_id) select via.tenant_id, via.group_id, via.member_id from ` +
    `tenancy.scim_group_member via`,
];

export const directoryTeams: Migration = {
  name: 'tenancy/0051-directory-teams',
  up: [
    'alter table tenancy.team add column group_id uuid',
    'alter table tenancy.team add constraint team_of_group unique (tenant_id, group_id)',
    'alter table tenancy.team add constraint team_follows_group foreign key (tenant_id, group_id) references tenancy.scim_group ' +
      '(tenant_id, id) on delete cascade',
    // What the directory calls its groups is not refused because a person called a team so.
    'alter table tenancy.team drop constraint team_tenant_id_name_key',
    'create unique index team_name on tenancy.team (tenant_id, name) where group_id is null',
    ...['tenancy.team', 'tenancy.team_member', 'tenancy.scim_group',
      'tenancy.scim_group_member'].reduce((statements, table) => backfill(table, statements), EXISTING),
  ],
};
