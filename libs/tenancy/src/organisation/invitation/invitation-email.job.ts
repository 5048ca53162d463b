import { Injectable } from '@nestjs/common';
import { current, Secrets } from '#platform/core';
import { Db } from '#platform/database';
import { defineJob, Job, type RunningJob } from '#platform/messaging';
import { EMAIL_TRIES, invitationEmail } from '../email/email-texts.js';
import { Mailer } from '../email/mailer.service.js';
import { MembershipRow } from '../member/membership.entity.js';
import { TenantRow } from '../tenant/tenant.entity.js';
import { InvitationRow, invitationText } from './invitation.entity.js';

export const sendInvitation = defineJob<{ invitationId: string }>('tenancy.send-invitation', EMAIL_TRIES);

@Injectable()
export class InvitationEmailJob {
  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
    private readonly mailer: Mailer,
  ) {}

  @Job(sendInvitation)
  async send({ id, data }: RunningJob<typeof sendInvitation>): Promise<void> {
    const row = await this.db.repo(InvitationRow).findOneBy({ id: data.invitationId });
    const tenant = await this.db.repo(TenantRow).findOneBy({ tenantId: current().tenantId });
    if (!row || !tenant || row.acceptedAt || row.revokedAt) return;
    const inviter = await this.db.repo(MembershipRow).findOneBy({ id: row.invitedBy });
    const token = invitationText(this.secrets, row);
    const facts = { tenant: tenant.name, inviter: inviter?.name ?? null, role: row.role, until: row.expiresAt };
    await this.mailer.send(id, row.email, invitationEmail(facts, this.mailer.link('invitation', token), token));
  }
}
