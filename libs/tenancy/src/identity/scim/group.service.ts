import { Injectable } from '@nestjs/common';
import { Audited } from '#platform/privacy';
import { type AppError, CoreConfig, current, newId, orNotFound } from '#platform/core';
import { Db, onDuplicate } from '#platform/database';
import { publicBase } from '../../organisation/tenant/public-base.js';
import { TenantLimits } from '../../access/tenant-limits.js';
import { GROUP_FIELDS, type GroupRow, type WantedGroup, groupResource, wantedGroup } from './group-resource.js';
import { GroupTeams } from './group-teams.service.js';
import { type ListQuery, assertMatch, listResponse, listingOf, attributesOf, shown, versioned } from './listing.js';
import { MemberState } from './member-state.service.js';
import type { Resource } from './patch.js';
import { scimFault } from './scim-error.js';
import type { Change } from './user.service.js';

const FIELDS = 'held.id, held.display_name as "displayName", held.external_id as "externalId", held.created_at as "createdAt", ' +
  'held.changed_at as "changedAt"';
const MEMBERS = `coalesce((select json_agg(json_build_object('value', member.id, 'display', member.name) order by member.id) from tenancy.scim_group_member via
  join tenancy.membership member on member.tenant_id = via.tenant_id and member.id = via.member_id where via.tenant_id = held.tenant_id and via.group_id = held.id), '[]') as members`;

/** Groups of the tenant's directory. What one of them grants is set by the tenant's people, not by the directory. */
@Injectable()
export class ScimGroupService {
  constructor(
    private readonly db: Db,
    private readonly core: CoreConfig,
    private readonly states: MemberState,
    private readonly teams: GroupTeams,
    private readonly limits: TenantLimits,
  ) {}

  /** Without their members where those were not asked for: they are what is long. */
  async list(query: ListQuery): Promise<Resource> {
    const { where, params, orderBy, startIndex, count } = listingOf(query, GROUP_FIELDS, 'held.id');
    const [{ total } = { total: 0 }] = await this.db.query<{ total: number }>(`select count(*)::int as total from tenancy.scim_group ` +
      `held where ${where}`, params);
    const lean = attributesOf(query.excludedAttributes, 'excludedAttributes')?.has('members') ?? false;
    const columns = `${FIELDS}, ${lean ? `'[]'::json as members` : MEMBERS}`;
    const rows = count === 0 ? [] : await this.db.query<GroupRow>(`select ${columns} from tenancy.scim_group held where ${where} order ` +
      `by ${orderBy} limit $${params.length + 1} offset $${params.length + 2}`, [...params, count, startIndex - 1]);
    return listResponse(rows.map((row) => shown(this.toResource(row), query)), total, startIndex);
  }

  async get(id: string): Promise<Resource> {
    return this.toResource(await this.one(id));
  }

  @Audited('tenancy.scim-group.created', { detail: ({ displayName }: Resource) => ({ displayName }) })
  async create(body: unknown): Promise<Resource> {
    const id = newId();
    const wanted = wantedGroup(body);
    await this.limits.assertRoom('groups');
    await onDuplicate(this.db.query('insert into tenancy.scim_group (tenant_id, id, display_name, external_id) values ($1, $2, $3, $4)', [
      current().tenantId, id, wanted.displayName, wanted.externalId,
    ]), taken);
    await this.setMembers(id, [], wanted.members);
    await this.teams.follow(id, wanted.displayName);
    return this.get(id);
  }

  @Audited('tenancy.scim-group.changed',
    { detail: ({ displayName, members }: Resource) => ({ displayName, members: (members as unknown[]).length }) })
  async change(id: string, change: Change, ifMatch: string | undefined): Promise<Resource> {
    const before = await this.one(id, true);
    const present = this.toResource(before);
    assertMatch(present, ifMatch);
    const wanted: WantedGroup = wantedGroup(change(present));
    await onDuplicate(this.db.query('update tenancy.scim_group set display_name = $2, external_id = $3, changed_at = now() where id = $1', [
      id, wanted.displayName, wanted.externalId,
    ]), taken);
    await this.setMembers(id, before.members.map(({ value }) => value), wanted.members);
    await this.teams.follow(id, wanted.displayName);
    return this.get(id);
  }

  @Audited('tenancy.scim-group.deleted')
  async remove(id: string, ifMatch: string | undefined): Promise<void> {
    const present = await this.one(id, true);
    assertMatch(this.toResource(present), ifMatch);
    await this.teams.drop(id);
    await this.db.query('delete from tenancy.scim_group where id = $1', [id]);
    await this.states.applyGroups(present.members.map(({ value }) => value));
  }

  private async setMembers(id: string, before: string[], after: string[]): Promise<void> {
    const [had, wants] = [new Set(before), new Set(after)];
    const [come, go] = [after.filter((one) => !had.has(one)), before.filter((one) => !wants.has(one))];
    if (come.length > 0) {
      const made = await this.db.query(
        `insert into tenancy.scim_group_member (tenant_id, group_id, member_id)
         select member.tenant_id, $1, member.id from tenancy.membership member left join tenancy.scim_user scim on scim.tenant_id =
         member.tenant_id and scim.member_id = member.id
         where member.id = any ($2::uuid[]) and scim.deleted_at is null returning 1`,
        [id, come],
      );
      if (made.length < come.length) throw scimFault('invalidValue', 'a value of "members" is no user of this tenant.');
    }
    if (go.length > 0) await this.db.query('delete from tenancy.scim_group_member where group_id = $1 and member_id = any ($2::uuid[])',
      [id, go]);
    await this.states.applyGroups([...come, ...go]);
  }

  private async one(id: string, lock = false): Promise<GroupRow> {
    return orNotFound(await this.db.queryOne<GroupRow>(
      `select ${FIELDS}, ${MEMBERS} from tenancy.scim_group held where held.id = $1 ${lock ? 'for update of held' : ''}`, [id],
    ), 'group');
  }

  private toResource(row: GroupRow): Resource {
    return versioned(groupResource(row, publicBase(this.core)));
  }
}

function taken(): AppError {
  return scimFault('uniqueness', 'a group of this name is here already.');
}
