import { Injectable } from '@nestjs/common';
import { CoreConfig, current, Secrets } from '#platform/core';
import { Db } from '#platform/database';
import { defineJob, Job, Jobs, type RunningJob } from '#platform/messaging';
import { Mail } from '#platform/adapters';
import { deletionLetter } from '../../organisation/email/letters.js';
import type { Erasure } from './erasure.service.js';

export const TAKE_BACK = 'tenancy.take-back';

/** Tells every owner that their tenant is being deleted, and how to take that back. */
export const sendDeletionLetter = defineJob<{ erasureId: string; dueAt: string }>('tenancy.send-deletion-letter', { attempts: 8, backoffMs: 5_000, timeoutMs: 90_000 });

/** Opens the tenant again while it can be; for who got it with the deletion's answer, or by letter. */
export function takeBackToken(secrets: Secrets, { id, tenant }: Pick<Erasure, 'id' | 'tenant'>): string {
  return `${tenant}.${id}.${secrets.sign(TAKE_BACK, `${tenant}.${id}`)}`;
}

@Injectable()
export class DeletionPost {
  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly mail: Mail,
    private readonly secrets: Secrets,
    private readonly core: CoreConfig,
  ) {}

  async order({ id, dueAt }: Erasure): Promise<void> {
    if (this.mail.delivers) await this.jobs.add(sendDeletionLetter, { erasureId: id, dueAt: dueAt.toISOString() });
  }

  @Job(sendDeletionLetter)
  async send({ id, data }: RunningJob<typeof sendDeletionLetter>): Promise<void> {
    const { tenantId } = current();
    const token = takeBackToken(this.secrets, { id: data.erasureId, tenant: tenantId });
    const base = (this.core.publicUrl ?? `http://${this.core.host}:${this.core.port}`).replace(/\/+$/, '');
    const owners = await this.db.query<{ email: string; tenant: string }>(
      `select m.email, t.name as tenant from tenancy.membership m join tenancy.tenant t on t.tenant_id = m.tenant_id where m.role = 'owner' and m.status = 'active' order by m.id`,
    );
    for (const [at, { email, tenant }] of owners.entries()) await this.mail.send({ id: `${id}-${at}`, to: email, ...deletionLetter({ tenant, until: new Date(data.dueAt) }, `${base}/keep-tenant#token=${token}`, token) });
  }
}
