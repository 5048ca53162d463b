import { Injectable } from '@nestjs/common';
import { AppError, current } from '#platform/core';
import { Db } from '#platform/database';
import { Events } from '#platform/messaging';
import type { Role } from '../../contract.js';
import { memberRoleChanged } from '../../events.js';
import { RevocationService } from '../../access/revocation.service.js';
import { GroupTeams } from './group-teams.service.js';
import { OneTimeTokenService } from '../one-time-token/one-time-token.service.js';
import { SessionService } from '../session/session.service.js';

interface Changed {
  id: string;
  role: Role;
  roleId: string | null;
}

/** What a directory does to members. Runs in the unit of work of who calls it, where nothing else is said. */
@Injectable()
export class MemberState {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly sessions: SessionService,
    private readonly revocations: RevocationService,
    private readonly oneTime: OneTimeTokenService,
    private readonly teams: GroupTeams,
  ) {}

  /**
   * The active owners. In one order for all, and before any other member is locked: of two owners who are put out at once, the second finds
   * itself the last.
   */
  async owners(): Promise<string[]> {
    return (await this.db.query<{ id: string }>(`select id from tenancy.membership where role = 'owner' and status = 'active' order by ` +
      `id for update`)).map(({ id }) => id);
  }

  /** Who is no longer active is signed out within 5 seconds, everywhere; their own keys open nothing. A tenant keeps an owner. */
  async setActive(id: string, active: boolean): Promise<void> {
    if (!active) {
      const owners = await this.owners();
      if (owners.length === 1 && owners[0] === id) throw new AppError('conflict', 'tenancy.last-owner',
        'Nothing was changed: this member is the only owner, and a tenant always has one. Make somebody else an owner first.');
    }
    const done = await this.db.query('update tenancy.membership set status = $2 where id = $1 and status <> $2 returning 1',
      [id, active ? 'active' : 'suspended']);
    if (done.length === 0) return;
    if (!active) await this.sessions.closeAll(id, 'deactivated');
    await this.revocations.note(id);
  }

  /** Whoever the directory deleted is in none of its groups, and no account at an issuer is theirs. */
  async leaveAll(id: string): Promise<void> {
    await this.db.query('delete from tenancy.scim_group_member where member_id = $1', [id]);
    await this.teams.leave(id);
    await this.db.query('delete from tenancy.external_login where member_id = $1', [id]);
    await this.applyGroups([id]);
  }

  /** Whoever was put out, or has another address, has no older link to a password. After the unit of work: a person is of no tenant. */
  async endTokens(id: string): Promise<void> {
    const sql = 'select identity_id as "identityId" from tenancy.membership where id = $1';
    const member = await this.db.queryOne<{ identityId: string }>(sql, [id]);
    if (member) await this.oneTime.endOf(member.identityId);
  }

  /**
   * Gives members the role of their groups: of several the strongest fixed one, a role of the tenant's own between admin and member.
   * Whoever leaves the last of them has again what they had before the first. Owners keep what they are.
   */
  async applyGroups(ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    const { tenantId } = current();
    await this.db.query(
      `insert into tenancy.scim_user (tenant_id, member_id, base_role, base_custom_role_id)
       select distinct member.tenant_id, member.id, member.role, member.custom_role_id ${GROUPED} and member.id = any ($1::uuid[]) and
       granting.role is not null and member.role <> 'owner'
       on conflict (tenant_id, member_id) do update set base_role = excluded.base_role, base_custom_role_id =
       excluded.base_custom_role_id where scim_user.base_role is null`,
      [ids],
    );
    const given = await this.db.query<Changed>(
      `update tenancy.membership target set role = best.role, custom_role_id = best.custom_role_id
       from (select distinct on (member.id) member.id, granting.role, granting.custom_role_id ${GROUPED} and member.id = any
       ($2::uuid[]) and granting.role is not null
             order by member.id, case when granting.custom_role_id is not null then 2 when granting.role = 'admin' then 1 when
             granting.role = 'member' then 3 else 4 end, granting.created_at, granting.id) best
       where target.tenant_id = $1 and target.id = best.id and target.role <> 'owner' and (target.role, target.custom_role_id) is
       distinct from (best.role, best.custom_role_id)
       returning target.id, target.role, target.custom_role_id as "roleId"`,
      [tenantId, ids],
    );
    const back = await this.db.query<Changed>(
      `with former as (
         select scim.member_id, scim.base_role, scim.base_custom_role_id from tenancy.scim_user scim where scim.base_role is not null
         and scim.member_id = any ($1::uuid[])
           and not exists (select ${GROUPED} and member.id = scim.member_id and granting.role is not null)),
       forgotten as (update tenancy.scim_user set base_role = null, base_custom_role_id = null where member_id in (select member_id
       from former))
       update tenancy.membership target set role = former.base_role, custom_role_id = former.base_custom_role_id from former
       where target.id = former.member_id and target.role <> 'owner' and (target.role, target.custom_role_id) is distinct from
       (former.base_role, former.base_custom_role_id)
       returning target.id, target.role, target.custom_role_id as "roleId"`,
      [ids],
    );
    const changed = [...given, ...back];
    await this.revocations.note(...changed.map(({ id }) => id));
    for (const { id, role, roleId } of changed) await this.events.publish(memberRoleChanged, { userId: id, role, roleId });
  }
}

const GROUPED = `from tenancy.membership member
  join tenancy.scim_group_member via on via.tenant_id = member.tenant_id and via.member_id = member.id
  join tenancy.scim_group granting on granting.tenant_id = via.tenant_id and granting.id = via.group_id where true`;
