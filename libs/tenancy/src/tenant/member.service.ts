import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Db, type Page, type PageQuery, current, decodeCursor, notFound, pageOf } from '#kernel';
import type { Member } from '../contract.js';
import { MembershipRow } from './membership.entity.js';
import { oneLine } from './profile.js';

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

  async rename(id: string, name: string): Promise<Member> {
    await this.db.repo(MembershipRow).update({ tenantId: current().tenantId, id }, { name: oneLine(name, 'name') });
    return toMember(await this.one(id));
  }
}

export function toMember({ id, name, email, role, customRoleId, joinedAt }: MembershipRow): Member {
  return { id, name, email, role, roleId: customRoleId, joinedAt: joinedAt.toISOString() };
}
