import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { Events } from '#platform/messaging';
import { current, newId } from '#platform/core';
import { teamChanged } from '../../events.js';
import { RevocationService } from '../../access/revocation.service.js';
import { MOST_TEAMS_OF_ONE } from '../../organisation/team/team.service.js';
import { scimFault } from './scim-error.js';

/**
 * Every group of the directory is a team of the tenant, whose name and members follow the group. Runs in the unit of work of who changes
 * the group.
 */
@Injectable()
export class GroupTeams {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly revocations: RevocationService,
  ) {}

  /** Makes the team of a group what the group is now. */
  async follow(groupId: string, name: string): Promise<void> {
    const teamId = await this.named(groupId, name);
    const gone = await this.db.query<{ id: string }>(
      `delete from tenancy.team_member joined where joined.team_id = $1
         and not exists (select from tenancy.scim_group_member via where via.group_id = $2 and via.member_id = joined.member_id)
         returning joined.member_id as id`,
      [teamId, groupId],
    );
    const come = await this.db.query<{ id: string }>(
      `insert into tenancy.team_member (tenant_id, team_id, member_id) select via.tenant_id, $1, via.member_id from
      tenancy.scim_group_member via where via.group_id = $2
       on conflict do nothing returning member_id as id`,
      [teamId, groupId],
    );
    await this.assertFew(come.map(({ id }) => id));
    await this.revocations.note(...[...gone, ...come].map(({ id }) => id));
  }

  async drop(groupId: string): Promise<void> {
    const [team] = await this.db.query<{ id: string; members: string[] }>(
      `select team.id, array(select joined.member_id from tenancy.team_member joined where joined.team_id = team.id) as members from ` +
        `tenancy.team where team.group_id = $1`,
      [groupId],
    );
    if (!team) return;
    await this.db.query('delete from tenancy.team where id = $1', [team.id]);
    await this.events.publish(teamChanged, { teamId: team.id, change: 'deleted' });
    await this.revocations.note(...team.members);
  }

  /** Out of all teams of the directory. */
  async leave(memberId: string): Promise<void> {
    await this.db.query('delete from tenancy.team_member joined using tenancy.team team where joined.member_id = $1 and team.id = ' +
      'joined.team_id and team.group_id is not null', [memberId]);
    await this.revocations.note(memberId);
  }

  private async named(groupId: string, name: string): Promise<string> {
    const { tenantId, actor } = current();
    const [known] = await this.db.query<{ id: string; name: string }>('select id, name from tenancy.team where group_id = $1', [groupId]);
    const teamId = known?.id ?? newId();
    if (!known) await this.db.query('insert into tenancy.team (tenant_id, id, name, created_by, group_id) values ($1, $2, $3, $4, $5)',
      [tenantId, teamId, name, actor.id, groupId]);
    else if (known.name !== name) await this.db.query('update tenancy.team set name = $2 where id = $1', [teamId, name]);
    if (known?.name !== name) await this.events.publish(teamChanged, { teamId, change: known ? 'changed' : 'created' });
    return teamId;
  }

  private async assertFew(memberIds: string[]): Promise<void> {
    if (memberIds.length === 0) return;
    const [one] = await this.db.query<{ id: string }>('select member_id as id from tenancy.team_member where member_id = any ' +
      '($1::uuid[]) group by member_id having count(*) > $2 limit 1', [memberIds, MOST_TEAMS_OF_ONE]);
    if (one) throw scimFault('invalidValue', `the user ${one.id} would be in more than ${MOST_TEAMS_OF_ONE} teams; every group is one. ` +
      `Take them out of another group or team first, or provision fewer groups.`);
  }
}
