import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Audited } from '#platform/privacy';
import { Db, type Page, paged, type PageQuery } from '#platform/database';
import { current, newId, orNotFound } from '#platform/core';
import { Events } from '#platform/messaging';
import type { Member } from '../../contract.js';
import { TenantLimits } from '../../access/tenant-limits.js';
import { memberJoined } from '../../events.js';
import { MembershipRow } from './membership.entity.js';
import { locale, oneLine } from '../../access/profile.js';

const MOST_AT_ONCE = 200;

type NewMember = Pick<MembershipRow, 'identityId' | 'email' | 'name' | 'role'> & { id?: string };

/** The people of the current tenant. */
@Injectable()
export class MemberService {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly limits: TenantLimits,
  ) {}

  /** Makes a member of a person, in the open transaction. Undefined where the tenant has them, or knows the address as somebody else's. */
  async join({ id = newId(), identityId, email, name, role }: NewMember): Promise<string | undefined> {
    await this.limits.assertRoom('members');
    const made = await this.db.query('insert into tenancy.membership (tenant_id, id, identity_id, email, name, role) values ($1, $2, $3, ' +
      '$4, $5, $6) on conflict do nothing returning id', [current().tenantId, id, identityId, email, name, role]);
    if (made.length === 0) return undefined;
    await this.events.publish(memberJoined, { userId: id, role });
    return id;
  }

  async some(ids: string[]): Promise<Member[]> {
    const rows = await this.db.repo(MembershipRow).findBy({ id: In(ids.slice(0, MOST_AT_ONCE)) });
    return rows.map(toMember);
  }

  async one(id: string): Promise<MembershipRow> {
    return orNotFound(await this.db.repo(MembershipRow).findOneBy({ id }), 'member');
  }

  /** The person behind a member; never shown to anybody. */
  async identityOf(id: string): Promise<string> {
    return (await this.one(id)).identityId;
  }

  /** One person's memberships in all tenants. Suspended ones and tenants included. */
  placesOf(identityId: string): Promise<{ tenantId: string; id: string }[]> {
    const sql = 'select tenant_id as "tenantId", id from tenancy.membership where identity_id = $1 order by tenant_id';
    return this.db.systemQuery('the memberships of one person', sql, [identityId]);
  }

  /** In the order of joining. */
  list(page: PageQuery): Promise<Page<Member>> {
    return paged(this.db.repo(MembershipRow).createQueryBuilder('member'), page, toMember, { id: 'ASC' });
  }

  /** What is left out stays; a locale of null is the tenant's again. */
  async change(id: string, { name, locale: tag }: { name?: string; locale?: string | null }): Promise<Member> {
    const change = { ...(name !== undefined && { name: oneLine(name, 'name') }),
      ...(tag !== undefined && { locale: tag === null ? null : locale(tag) }) };
    if (Object.keys(change).length > 0) await this.db.repo(MembershipRow).update({ tenantId: current().tenantId, id }, change);
    return toMember(await this.one(id));
  }

  /** The person has another address now. False where this tenant knows it as somebody else's. */
  @Audited('tenancy.member.readdressed', { target: (_done: boolean, [id]: [string]) => id, detail: () => ({}) })
  async readdress(id: string, email: string): Promise<boolean> {
    const done = await this.db.query('update tenancy.membership set email = $2 where id = $1 and not exists (select from ' +
      'tenancy.membership other where other.email = $2) returning 1', [id, email]);
    return done.length > 0;
  }
}

export function toMember({ id, name, email, locale, role, customRoleId, joinedAt }: MembershipRow): Member {
  return { id, name, email, locale, role, roleId: customRoleId, joinedAt: joinedAt.toISOString() };
}
