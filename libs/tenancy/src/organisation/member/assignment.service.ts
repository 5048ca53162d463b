import { Injectable } from '@nestjs/common';
import { AppError, current, notFound, orNotFound } from '#platform/core';
import { Db } from '#platform/database';
import { Events } from '#platform/messaging';
import { assertGrantable, permissionsOf } from '../../access/grant.js';
import { ROLE_PERMISSIONS } from '../../access/roles.js';
import type { Member, Role } from '../../contract.js';
import { memberRoleChanged } from '../../events.js';
import { RevocationService } from '../../access/revocation.service.js';
import { MemberService, toMember } from './member.service.js';

/** A fixed role, or one of the tenant's own. */
export type Assignment = { role: Role } | { roleId: string };

interface Present {
  role: Role;
  custom: string[] | null;
}

/** Who has which role. */
@Injectable()
export class AssignmentService {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly members: MemberService,
    private readonly revocations: RevocationService,
  ) {}

  /** Gives a member another role; whoever does it must hold what the member has and what they get. A tenant keeps an owner. */
  async assign(memberId: string, assignment: Assignment): Promise<Member> {
    const { actor } = current();
    await this.db.tx(async () => {
      // In one order for all: of two owners who step down at once, the second finds itself the last.
      const owners = await this.db.query<{ id: string }>(`select id from tenancy.membership where role = 'owner' and status = 'active' ` +
        `order by id for update`);
      const [present] = await this.db.query<Present>(
        `select member.role, own.permissions as custom from tenancy.membership member
         left join tenancy.role own on own.tenant_id = member.tenant_id and own.id = member.custom_role_id where member.id = $1`,
        [memberId],
      );
      if (!present) throw notFound('member');
      assertGrantable(actor.permissions, [...permissionsOf(present.role, present.custom), ...(await this.permissionsOf(assignment))]);
      const role = 'role' in assignment ? assignment.role : 'viewer';
      if (role !== 'owner' && owners.length === 1 && owners[0]!.id === memberId)
        throw new AppError('conflict', 'tenancy.last-owner',
          'This member is the only owner, and a tenant always has one, so the role was not changed. Make somebody else an owner first.');
      const roleId = 'roleId' in assignment ? assignment.roleId : null;
      await this.db.query('update tenancy.membership set role = $2, custom_role_id = $3 where id = $1', [memberId, role, roleId]);
      await this.revocations.note(memberId);
      await this.events.publish(memberRoleChanged, { userId: memberId, role, roleId });
    });
    return toMember(await this.members.one(memberId));
  }

  async permissionsOf(assignment: Assignment): Promise<readonly string[]> {
    if ('role' in assignment) return ROLE_PERMISSIONS[assignment.role];
    return orNotFound(await this.db.queryOne<{ permissions: string[] }>(
      'select permissions from tenancy.role where id = $1 for share', [assignment.roleId],
    ), 'role').permissions;
  }
}
