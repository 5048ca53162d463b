import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Audited } from '#platform/privacy';
import { Db, decodeCursor, type Page, pageOf, type PageQuery } from '#platform/database';
import { current, notFound } from '#platform/core';
import type { Member } from '../../contract.js';
import { MembershipRow } from './membership.entity.js';
import { locale, oneLine } from '../../access/profile.js';

const MOST_AT_ONCE = 200;

/** The people of the current tenant. */
@Injectable()
export class MemberService {
  constructor(private readonly db: Db) {}

  async some(ids: string[]): Promise<Member[]> {
    const rows = await this.db.repo(MembershipRow).findBy({ id: In(ids.slice(0, MOST_AT_ONCE)) });
    return rows.map(toMember);
  }

  async one(id: string): Promise<MembershipRow> {
    const row = await this.db.repo(MembershipRow).findOneBy({ id });
    if (!row) throw notFound('member');
    return row;
  }

  /** In the order of joining. */
  async list({ limit, cursor }: PageQuery): Promise<Page<Member>> {
    const after = decodeCursor<[string]>(cursor, ['string']);
    const query = this.db.repo(MembershipRow).createQueryBuilder('member').orderBy('member.id').limit(limit + 1);
    if (after) query.where('member.id > :id', { id: after[0] });
    return pageOf(await query.getMany(), limit, toMember, (row) => [row.id]);
  }

  /** What is left out stays; a locale of null is the tenant's again. */
  async change(id: string, { name, locale: tag }: { name?: string; locale?: string | null }): Promise<Member> {
    const change = { ...(name !== undefined && { name: oneLine(name, 'name') }), ...(tag !== undefined && { locale: tag === null ? null : locale(tag) }) };
    if (Object.keys(change).length > 0) await this.db.repo(MembershipRow).update({ tenantId: current().tenantId, id }, change);
    return toMember(await this.one(id));
  }

  /** The person has another address now. False where this tenant knows it as somebody else's. */
  @Audited('tenancy.member.readdressed', { target: (_done: boolean, [id]: [string]) => id, detail: () => ({}) })
  async readdress(id: string, email: string): Promise<boolean> {
    const done = await this.db.query('update tenancy.membership set email = $2 where id = $1 and not exists (select from tenancy.membership other where other.email = $2) returning 1', [id, email]);
    return done.length > 0;
  }
}

export function toMember({ id, name, email, locale, role, customRoleId, joinedAt }: MembershipRow): Member {
  return { id, name, email, locale, role, roleId: customRoleId, joinedAt: joinedAt.toISOString() };
}
