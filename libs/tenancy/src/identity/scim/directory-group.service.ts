import { Injectable } from '@nestjs/common';
import { Audited } from '#platform/privacy';
import { Db, type Page, pageOf, type PageQuery } from '#platform/database';
import { current, orNotFound } from '#platform/core';
import { assertGrantable } from '../../access/grant.js';
import type { Role } from '../../contract.js';
import { type Assignment, AssignmentService } from '../../organisation/member/assignment.service.js';
import { MemberState } from './member-state.service.js';

/** A group of the directory, the team it is, and the role its members have by it. */
export interface DirectoryGroup {
  id: string;
  name: string;
  members: number;
  /**
   * Agents and documents are granted to this team; null: the group was imported by an older version, and is one once the directory changes
   * it.
   */
  teamId: string | null;
  role: Role | null;
  /** A role of the tenant's own, in place of the fixed one. */
  roleId: string | null;
}

const COLUMNS = `held.id, held.display_name as name, held.role, held.custom_role_id as "roleId",
  (select team.id from tenancy.team where team.tenant_id = held.tenant_id and team.group_id = held.id) as "teamId",
  (select count(*)::int from tenancy.scim_group_member via where via.tenant_id = held.tenant_id and via.group_id = held.id) as members`;

/** What groups of the directory grant. */
@Injectable()
export class DirectoryGroups {
  constructor(
    private readonly db: Db,
    private readonly assignments: AssignmentService,
    private readonly states: MemberState,
  ) {}

  list(page: PageQuery): Promise<Page<DirectoryGroup>> {
    const sql = `select ${COLUMNS} from tenancy.scim_group held where $1::uuid is null or held.id > $1 order by held.id limit $2`;
    return pageOf<DirectoryGroup, DirectoryGroup>(page, { id: 'id' }, ({ id }, limit) => this.db.query(sql, [id, limit]), (group) => group);
  }

  async get(id: string): Promise<DirectoryGroup> {
    return orNotFound(
      await this.db.queryOne<DirectoryGroup>(`select ${COLUMNS} from tenancy.scim_group held where held.id = $1`, [id]), 'group',
    );
  }

  /** Null: nothing. Nobody lets a group grant, or takes from it, what they do not hold. */
  @Audited('tenancy.directory-group.mapped', { detail: ({ name, role, roleId }: DirectoryGroup) => ({ name, role, roleId }) })
  async grant(id: string, assignment: Assignment | null): Promise<DirectoryGroup> {
    const before = await this.get(id);
    const present: Assignment | null = before.roleId ? { roleId: before.roleId } : before.role ? { role: before.role } : null;
    for (const one of [present, assignment]) if (one)
      assertGrantable(current().actor.permissions, await this.assignments.permissionsOf(one));
    const [role, roleId] = assignment === null ? [null, null]
      : 'role' in assignment ? [assignment.role, null] : ['viewer', assignment.roleId];
    await this.db.query('update tenancy.scim_group set role = $2, custom_role_id = $3, changed_at = now() where id = $1',
      [id, role, roleId]);
    const members = await this.db.query<{ id: string }>('select member_id as id from tenancy.scim_group_member where group_id = $1', [id]);
    await this.states.applyGroups(members.map((member) => member.id));
    return this.get(id);
  }
}
