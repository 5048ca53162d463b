import { Injectable } from '@nestjs/common';
import { AppError, current, newId, orNotFound } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db, onDuplicate, type Page, paged, type PageQuery } from '#platform/database';
import { Events } from '#platform/messaging';
import type { Member } from '../../contract.js';
import { teamChanged } from '../../events.js';
import { RevocationService } from '../../access/revocation.service.js';
import { MemberService, toMember } from '../member/member.service.js';
import { MembershipRow } from '../member/membership.entity.js';
import { oneLine } from '../../access/profile.js';
import { TenantLimits } from '../../access/tenant-limits.js';
import { TeamRow } from './team.entity.js';

export interface TeamView {
  id: string;
  name: string;
  /** The group of the directory (SCIM) that it follows; then nobody changes it by hand. */
  groupId: string | null;
  createdAt: string;
}

/** Ids of a member's teams travel with each of their requests. */
export const MOST_TEAMS_OF_ONE = 50;

/** The teams of the current tenant. Who joins or leaves one holds its grants, or no longer, within 5 seconds. */
@Injectable()
export class TeamService {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly members: MemberService,
    private readonly revocations: RevocationService,
    private readonly limits: TenantLimits,
  ) {}

  @Audited('tenancy.team.created', { detail: ({ name }: TeamView) => ({ name }) })
  async create(name: string): Promise<TeamView> {
    const { tenantId, actor } = current();
    const id = newId();
    await this.limits.assertRoom('teams');
    await onDuplicate(this.db.repo(TeamRow).insert({ tenantId, id, name: oneLine(name, 'name'), createdBy: actor.id }), nameTaken);
    await this.events.publish(teamChanged, { teamId: id, change: 'created' });
    return this.get(id);
  }

  list(page: PageQuery): Promise<Page<TeamView>> {
    return paged(this.db.repo(TeamRow).createQueryBuilder('team'), page, toView);
  }

  async get(id: string): Promise<TeamView> {
    return toView(await this.one(id));
  }

  @Audited('tenancy.team.renamed', { detail: ({ name }: TeamView) => ({ name }) })
  async rename(id: string, name: string): Promise<TeamView> {
    const { tenantId } = await this.ownOne(id);
    await onDuplicate(this.db.repo(TeamRow).update({ tenantId, id }, { name: oneLine(name, 'name') }), nameTaken);
    await this.events.publish(teamChanged, { teamId: id, change: 'changed' });
    return this.get(id);
  }

  @Audited('tenancy.team.deleted')
  async remove(id: string): Promise<void> {
    const { tenantId } = await this.ownOne(id);
    const members = await this.db.query<{ id: string }>('select member_id as id from tenancy.team_member where team_id = $1', [id]);
    await this.db.repo(TeamRow).delete({ tenantId, id });
    await this.revocations.note(...members.map((member) => member.id));
    await this.events.publish(teamChanged, { teamId: id, change: 'deleted' });
  }

  /** In the order of joining the tenant. */
  async membersOf(id: string, page: PageQuery): Promise<Page<Member>> {
    await this.one(id);
    const joined = 'exists (select from tenancy.team_member joined where joined.team_id = :team and joined.member_id = member.id)';
    return paged(this.db.repo(MembershipRow).createQueryBuilder('member').where(joined, { team: id }), page, toMember, { id: 'ASC' });
  }

  @Audited('tenancy.team.joined',
    { target: (_nothing: void, [, memberId]: [string, string]) => memberId, detail: (_nothing: void, [team]: [string]) => ({ team }) })
  async add(id: string, memberId: string): Promise<void> {
    const { tenantId } = await this.ownOne(id);
    await this.members.one(memberId);
    const [count] = await this.db.query<{ teams: number }>('select count(*)::int as teams from tenancy.team_member where member_id = $1 ' +
      'and team_id <> $2', [memberId, id]);
    if (count!.teams >= MOST_TEAMS_OF_ONE) throw new AppError('conflict', 'tenancy.many-teams',
      `A member is in at most ${MOST_TEAMS_OF_ONE} teams, so nothing was changed. Take them out of another one first.`);
    await this.db.query('insert into tenancy.team_member (tenant_id, team_id, member_id) values ($1, $2, $3) on conflict do nothing',
      [tenantId, id, memberId]);
    await this.revocations.note(memberId);
  }

  @Audited('tenancy.team.left',
    { target: (_nothing: void, [, memberId]: [string, string]) => memberId, detail: (_nothing: void, [team]: [string]) => ({ team }) })
  async take(id: string, memberId: string): Promise<void> {
    await this.ownOne(id);
    await this.members.one(memberId);
    await this.db.query('delete from tenancy.team_member where team_id = $1 and member_id = $2', [id, memberId]);
    await this.revocations.note(memberId);
  }

  /** One that people make and change here. */
  private async ownOne(id: string): Promise<TeamRow> {
    const row = await this.one(id);
    if (row.groupId !== null) throw ofDirectory();
    return row;
  }

  private async one(id: string): Promise<TeamRow> {
    return orNotFound(await this.db.repo(TeamRow).findOneBy({ id }), 'team');
  }
}

function ofDirectory(): AppError {
  return new AppError('conflict', 'tenancy.team-of-directory',
    'This team follows a group of your directory (SCIM), so nothing was changed. Change the group there; Atoll hears of it.');
}

function nameTaken(): AppError {
  return new AppError('conflict', 'tenancy.team-name', 'Another team has this name, so nothing was changed. Choose another one.');
}

function toView({ id, name, groupId, createdAt }: TeamRow): TeamView {
  return { id, name, groupId, createdAt: createdAt.toISOString() };
}
