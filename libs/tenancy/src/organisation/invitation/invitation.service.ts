import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, current, newId, orNotFound } from '#platform/core';
import { Db, type Page, paged, type PageQuery } from '#platform/database';
import { Events, Jobs } from '#platform/messaging';
import { Mail } from '#platform/adapters';
import { ROLE_PERMISSIONS, beyond } from '../../access/roles.js';
import type { Role } from '../../contract.js';
import { invitationCreated, invitationRevoked } from '../../events.js';
import { toEmail } from '../email/address.js';
import { TenancyConfig } from '../../tenancy.config.js';
import { TenantLimits } from '../../access/tenant-limits.js';
import { MembershipRow } from '../member/membership.entity.js';
import { sendInvitation } from './invitation-email.job.js';
import { InvitationRow } from './invitation.entity.js';

export interface InvitationView {
  id: string;
  email: string;
  role: Role;
  invitedBy: string;
  createdAt: string;
  expiresAt: string;
}

/** Open invitations of the current tenant. Their tokens are seen by the invited mailbox alone, by no member. */
@Injectable()
export class InvitationService {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly jobs: Jobs,
    private readonly mail: Mail,
    private readonly config: TenancyConfig,
    private readonly limits: TenantLimits,
  ) {}

  /** Replaces an open invitation of the same address, whose link ends. */
  async create(entry: { email: string; role: Role }): Promise<InvitationView> {
    this.mail.assertReady();
    const { tenantId, actor } = current();
    const email = toEmail(entry.email);
    assertMayGrant(entry.role, actor.permissions);
    const id = newId();
    await this.db.tx(async () => {
      if (await this.db.repo(MembershipRow).existsBy({ email }))
        throw new AppError('conflict', 'tenancy.member-already',
          'Nobody was invited: this address belongs to a member of this tenant already.');
      await this.db.query('update tenancy.invitation set revoked_at = now() where email = $1 and accepted_at is null and revoked_at is ' +
        'null', [email]);
      await this.limits.assertRoom('invitations');
      await this.db.query(
        `insert into tenancy.invitation (tenant_id, id, email, role, seed, invited_by, expires_at) values ($1, $2, $3, $4, $5, $6, ` +
          `now() + make_interval(days => $7))`,
        [tenantId, id, email, entry.role, randomBytes(16).toString('base64url'), actor.id, this.config.invitationDays],
      );
      await this.events.publish(invitationCreated, { invitationId: id, role: entry.role });
      await this.jobs.add(sendInvitation, { invitationId: id });
    });
    return toView((await this.db.repo(InvitationRow).findOneBy({ id }))!);
  }

  /** Those that can still be accepted, newest first. */
  list(page: PageQuery): Promise<Page<InvitationView>> {
    return paged(this.db.repo(InvitationRow).createQueryBuilder('invitation').where(OPEN), page, toView);
  }

  async revoke(id: string): Promise<void> {
    await this.db.tx(async () => {
      orNotFound(await this.db.queryOne(
        `update tenancy.invitation set revoked_at = now() where id = $1 and ${OPEN} returning id`, [id],
      ), 'invitation');
      await this.events.publish(invitationRevoked, { invitationId: id });
    });
  }
}

export const OPEN = 'accepted_at is null and revoked_at is null and expires_at > now()';

/** Nobody makes anybody more than they are themselves. */
function assertMayGrant(role: Role, permissions: readonly string[]): void {
  const missing = beyond(permissions, [...ROLE_PERMISSIONS[role]]);
  if (missing.length > 0) throw new AppError('forbidden', 'tenancy.role-beyond-own',
    `Nobody was invited: as ${role} they could do more than you (${missing.join(', ')}). Choose another role, or ask an owner.`);
}

function toView({ id, email, role, invitedBy, createdAt, expiresAt }: InvitationRow): InvitationView {
  return { id, email, role, invitedBy, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
}
