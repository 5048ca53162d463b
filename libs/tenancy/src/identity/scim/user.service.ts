import { Injectable } from '@nestjs/common';
import { AppError, CoreConfig, current, newId, orNotFound } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db, onDuplicate } from '#platform/database';
import { DomainService, type JoinsAs } from '../domain/domain.service.js';
import { JustInTimeProvisioning } from '../provisioning/just-in-time-provisioning.service.js';
import { MemberService } from '../../organisation/member/member.service.js';
import type { Role } from '../../contract.js';
import { publicBase } from '../../organisation/tenant/public-base.js';
import { type ListQuery, assertMatch, listResponse, listingOf, shown, versioned } from './listing.js';
import { MemberState } from './member-state.service.js';
import type { Resource } from './patch.js';
import { scimFault } from './scim-error.js';
import { USER_FIELDS, type UserRow, type WantedUser, userResource, wantedUser } from './user-resource.js';

const COLUMNS = `member.id, member.email, member.name, member.status, member.joined_at as "joinedAt", coalesce(scim.user_name, member.email) as "userName",
  coalesce(scim.email_type, 'work') as "emailType", scim.external_id as "externalId", scim.given_name as "givenName", scim.family_name as "familyName", coalesce(scim.changed_at, member.joined_at) as "changedAt",
  coalesce((select json_agg(json_build_object('value', held.id, 'display', held.display_name) order by held.id) from tenancy.scim_group_member via
    join tenancy.scim_group held on held.tenant_id = via.tenant_id and held.id = via.group_id where via.tenant_id = member.tenant_id and via.member_id = member.id), '[]') as groups`;
const FROM = `from tenancy.membership member left join tenancy.scim_user scim on scim.tenant_id = member.tenant_id and scim.member_id = ` +
  `member.id`;

/** A resource as it shall be, from what it is. */
export type Change = (present: Resource) => unknown;

/** The tenant's people as its directory sees them: every member is one, also who joined without it. */
@Injectable()
export class ScimUserService {
  constructor(
    private readonly db: Db,
    private readonly core: CoreConfig,
    private readonly domains: DomainService,
    private readonly provisioning: JustInTimeProvisioning,
    private readonly states: MemberState,
    private readonly members: MemberService,
  ) {}

  async list(query: ListQuery): Promise<Resource> {
    const { where, params, orderBy, startIndex, count } = listingOf(query, USER_FIELDS, 'member.id');
    const condition = `where scim.deleted_at is null and ${where}`;
    const [{ total } = { total: 0 }] = await this.db.query<{ total: number }>(`select count(*)::int as total ${FROM} ${condition}`, params);
    const rows = count === 0 ? [] : await this.db.query<UserRow>(`select ${COLUMNS} ${FROM} ${condition} order by ${orderBy} limit ` +
      `$${params.length + 1} offset $${params.length + 2}`, [...params, count, startIndex - 1]);
    return listResponse(rows.map((row) => shown(this.toResource(row), query)), total, startIndex);
  }

  async get(id: string): Promise<Resource> {
    return this.toResource(await this.one(id));
  }

  /** Makes a member of a person with an address in a domain that is proven to be the tenant's, or brings back one the directory deleted. */
  async create(body: unknown): Promise<Resource> {
    const wanted = wantedUser(body);
    const role = (await this.assertOurs(wanted.email)) ?? 'member';
    const person = await this.provisioning.knownOrNew(wanted.email);
    return onDuplicate(this.insert(wanted, person.id, role), duplicate);
  }

  /** PUT and PATCH: `change` makes of the resource what it shall be; `ifMatch` is held against the version that is changed. */
  async change(id: string, change: Change, ifMatch: string | undefined): Promise<Resource> {
    const before = await this.one(id);
    const { email } = wantedUser(change(this.toResource(before)), before);
    if (email !== before.email) await this.assertOurs(email);
    const changed = await onDuplicate(this.update(id, change, ifMatch), duplicate);
    if (changed.active === false || email !== before.email) await this.states.endTokens(id);
    return changed;
  }

  async remove(id: string, ifMatch: string | undefined): Promise<void> {
    await this.takeOut(id, ifMatch);
    await this.states.endTokens(id);
  }

  @Audited('tenancy.scim-user.deleted')
  async takeOut(id: string, ifMatch: string | undefined): Promise<void> {
    await this.states.owners();
    const present = await this.one(id, true);
    assertMatch(this.toResource(present), ifMatch);
    await this.states.setActive(id, false);
    await this.states.leaveAll(id);
    await this.note(id, { ...present, deleted: true });
  }

  @Audited('tenancy.scim-user.created', { detail: ({ active }: Resource) => ({ active }) })
  async insert(wanted: WantedUser, identityId: string, role: Role): Promise<Resource> {
    const [known] = await this.db.query<{ id: string; deleted: boolean }>(
      `select member.id, scim.deleted_at is not null as deleted ${FROM} where member.identity_id = $1 or member.email = $2 or ` +
        `(scim.deleted_at is null and lower(coalesce(scim.user_name, member.email)) = lower($3)) order by (scim.deleted_at is not null) ` +
          `limit 1`,
      [identityId, wanted.email, wanted.userName],
    );
    if (known && !known.deleted) throw duplicate();
    const id = known?.id ?? newId();
    if (known) await this.db.query('update tenancy.membership set name = $2, email = $3 where id = $1', [id, wanted.name, wanted.email]);
    else if (!(await this.members.join({ id, identityId, email: wanted.email, name: wanted.name, role }))) throw duplicate();
    await this.states.setActive(id, wanted.active);
    await this.note(id, wanted);
    return this.get(id);
  }

  @Audited('tenancy.scim-user.changed', { detail: ({ active }: Resource) => ({ active }) })
  async update(id: string, change: Change, ifMatch: string | undefined): Promise<Resource> {
    await this.states.owners();
    const before = await this.one(id, true);
    const present = this.toResource(before);
    assertMatch(present, ifMatch);
    const wanted = wantedUser(change(present), before);
    await this.db.query('update tenancy.membership set name = $2, email = $3 where id = $1', [id, wanted.name, wanted.email]);
    if (wanted.active !== (before.status === 'active')) await this.states.setActive(id, wanted.active);
    await this.note(id, wanted);
    return this.get(id);
  }

  /** What the directory told of a member. */
  private async note(id: string, { userName, externalId, givenName, familyName, emailType,
    deleted = false }: Omit<WantedUser, 'email' | 'name' | 'active'> & { deleted?: boolean }): Promise<void> {
    await this.db.query(
      `insert into tenancy.scim_user (tenant_id, member_id, user_name, external_id, given_name, family_name, email_type, deleted_at)
       values ($1, $2, $3, $4, $5, $6, $7, case when $8 then now() end)
       on conflict (tenant_id, member_id) do update set user_name = excluded.user_name, external_id = excluded.external_id,
         given_name = excluded.given_name, family_name = excluded.family_name, email_type = excluded.email_type,
         deleted_at = excluded.deleted_at, changed_at = now()`,
      [current().tenantId, id, userName, externalId, givenName, familyName, emailType, deleted],
    );
  }

  /**
   * What a directory says of an address counts where the domain is the tenant's; elsewhere it would make accounts under other people's
   * names.
   */
  private async assertOurs(email: string): Promise<JoinsAs> {
    const captured = await this.domains.tenantOf(email);
    if (captured?.tenantId !== current().tenantId) throw scimFault('invalidValue',
      'the address is in no domain that this tenant has proven (POST /v1/domains). Prove the domain, or invite the person.');
    return captured.joinsAs;
  }

  private async one(id: string, lock = false): Promise<UserRow> {
    return orNotFound(await this.db.queryOne<UserRow>(
      `select ${COLUMNS} ${FROM} where member.id = $1 and scim.deleted_at is null ${lock ? 'for update of member' : ''}`, [id],
    ), 'user');
  }

  private toResource(row: UserRow): Resource {
    return versioned(userResource(row, publicBase(this.core)));
  }
}

function duplicate(): AppError {
  return scimFault('uniqueness', 'a user with this userName or e-mail address is here already.');
}
