import { Injectable } from '@nestjs/common';
import { current, Secrets } from '#platform/core';
import { Db } from '#platform/database';
import { defineJob, Job, Jobs, type RunningJob } from '#platform/messaging';
import { Mail } from '#platform/adapters';
import { EMAIL_TRIES, deletionEmail } from '../../organisation/email/email-texts.js';
import { Mailer } from '../../organisation/email/mailer.service.js';
import type { Erasure } from './erasure.service.js';

export const TAKE_BACK_PURPOSE = 'tenancy.take-back';

/** Tells every owner that their tenant is being deleted, and how to take that back. */
const sendDeletionEmail = defineJob<{ erasureId: string; dueAt: string }>('tenancy.send-deletion-letter',
  { ...EMAIL_TRIES, whileParked: true });

/** Opens the tenant again while it can be; for who got it with the deletion's answer, or by e-mail. */
export function takeBackToken(secrets: Secrets, { id, tenant }: Pick<Erasure, 'id' | 'tenant'>): string {
  return `${tenant}.${id}.${secrets.sign(TAKE_BACK_PURPOSE, `${tenant}.${id}`)}`;
}

@Injectable()
export class DeletionEmailJob {
  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly mail: Mail,
    private readonly mailer: Mailer,
    private readonly secrets: Secrets,
  ) {}

  async order({ id, dueAt }: Erasure): Promise<void> {
    if (this.mail.delivers) await this.jobs.add(sendDeletionEmail, { erasureId: id, dueAt: dueAt.toISOString() });
  }

  @Job(sendDeletionEmail)
  async send({ id, data }: RunningJob<typeof sendDeletionEmail>): Promise<void> {
    const token = takeBackToken(this.secrets, { id: data.erasureId, tenant: current().tenantId });
    const owners = await this.db.query<{ email: string; tenant: string }>(
      `select m.email, t.name as tenant from tenancy.membership m join tenancy.tenant t on t.tenant_id = m.tenant_id
       where m.role = 'owner' and m.status = 'active' order by m.id`,
    );
    for (const [at, { email, tenant }] of owners.entries()) {
      const text = deletionEmail({ tenant, until: new Date(data.dueAt) }, this.mailer.link('keep-tenant', token), token);
      await this.mailer.send(`${id}-${at}`, email, text);
    }
  }
}
