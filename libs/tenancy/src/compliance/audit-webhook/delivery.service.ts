import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { Job, Jobs, type RunningJob } from '#platform/messaging';
import { current, Secrets } from '#platform/core';
import type { StoredEntry } from '../audit/chain.js';
import { WebhookEndpoint, type Refusal } from './endpoint.js';
import { signedHeaders } from './signature.js';
import { deliverAudit } from '../audit/audit.service.js';
import { WEBHOOK_SECRET, WebhookService } from './webhook.service.js';

const BATCH = 100;
/** Then the job makes room for other tenants' and is followed by another. */
const BATCHES_A_JOB = 50;
/** Longer than a try may take; a job that died leaves the row for no longer. */
const LEASE_MS = 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 3_600_000;
const GIVE_UP_DAYS = 3;

interface Claimed {
  url: string;
  secret: string;
  position: string;
  sending: string;
}

/** $1 webhook, $2 job. Of any number of jobs one holds the row; its batch, once begun, stays the same over all tries. */
const CLAIM = `
  update tenancy.audit_webhook hook
  set lease = $2, lease_until = now() + ${LEASE_MS} * interval '1 ms',
    sending = case when hook.sending > hook.position then hook.sending else least(hook.position + ${BATCH}, greatest(hook.position,
    (select sequence from tenancy.audit_head where tenant_id = $3))) end
  where hook.id = $1 and hook.enabled and (hook.lease is null or hook.lease = $2 or hook.lease_until < now()) and (hook.next_try_at is
  null or hook.next_try_at <= now())
  returning hook.url, hook.secret, hook.position, hook.sending`;

@Injectable()
export class WebhookDelivery {
  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly secrets: Secrets,
    private readonly endpoint: WebhookEndpoint,
    private readonly webhooks: WebhookService,
  ) {}

  @Job(deliverAudit)
  async deliver(job: RunningJob<typeof deliverAudit>): Promise<void> {
    const { webhookId } = job.data;
    for (let left = BATCHES_A_JOB; left > 0; left--) {
      const [claimed] = await this.db.query<Claimed>(CLAIM, [webhookId, job.id, current().tenantId]);
      if (!claimed) return this.comeBack(webhookId);
      if (claimed.sending === claimed.position) {
        if (await this.releasedForGood(webhookId, job.id)) return;
        continue;
      }
      const refusal = await this.send(webhookId, claimed, job.signal);
      if (refusal) return this.failed(webhookId, job.id, refusal);
      await this.db.query(
        `update tenancy.audit_webhook set position = sending, delivered_at = now(), tries = 0, next_try_at = null, failing_since =
        null, fault = null
         where id = $1 and lease = $2 and position = $3 and sending = $4`,
        [webhookId, job.id, claimed.position, claimed.sending],
      );
    }
    await this.db.tx(async () => {
      await this.db.query('update tenancy.audit_webhook set lease = null, lease_until = null where id = $1 and lease = $2',
        [webhookId, job.id]);
      await this.jobs.add(deliverAudit, { webhookId }, { dedupeKey: webhookId });
    });
  }

  private async send(id: string, { url, secret, position, sending }: Claimed, signal: AbortSignal): Promise<Refusal | undefined> {
    const { tenantId } = current();
    const entries = await this.db.query<Pick<StoredEntry, 'body' | 'hash'> & { at: string }>(
      'select body, hash, at from tenancy.audit_entry where tenant_id = $1 and sequence > $2 and sequence <= $3 order by sequence',
      [tenantId, position, sending],
    );
    // Each entry stands exactly as it was hashed, so the receiver can check the chain.
    const told = entries.map(({ body, hash }) => `{"entry":${body},"hash":"${hash}"}`).join(',');
    const body = `{"type":"audit.entries","timestamp":"${entries.at(-1)!.at}","data":{"tenantId":"${tenantId}","entries":[${told}]}}`;
    const opened = this.secrets.open(WEBHOOK_SECRET, secret, `${tenantId} ${id}`).toString();
    return this.endpoint.send(url, signedHeaders(opened, { id: `${id}_${Number(position) + 1}-${sending}`, body }), body, signal);
  }

  /** Looks again after letting go: a job that came meanwhile found the row held, and went. */
  private async releasedForGood(webhookId: string, jobId: string): Promise<boolean> {
    await this.db.query('update tenancy.audit_webhook set lease = null, lease_until = null where id = $1 and lease = $2',
      [webhookId, jobId]);
    const [more] = await this.db.query('select from tenancy.audit_webhook hook join tenancy.audit_head head on head.tenant_id = ' +
      'hook.tenant_id where hook.id = $1 and head.sequence > hook.position', [webhookId]);
    return !more;
  }

  /** What could not be claimed is gone, disabled, waits for its next try, or is held by a job that may have died. */
  private async comeBack(webhookId: string): Promise<void> {
    const [held] = await this.db.query<{ tryMs: number; leaseMs: number }>(
      `select coalesce(extract(epoch from next_try_at - now()) * 1000, 0)::float8 as "tryMs", coalesce(extract(epoch from lease_until -
      now()) * 1000, 0)::float8 as "leaseMs"
       from tenancy.audit_webhook where id = $1 and enabled`,
      [webhookId],
    );
    if (!held) return;
    const [delayMs, dedupeKey] = held.tryMs > 0 ? [held.tryMs, webhookId] : [Math.max(0, held.leaseMs), `${webhookId} held`];
    await this.jobs.add(deliverAudit, { webhookId }, { delayMs: Math.ceil(delayMs) + 1, dedupeKey });
  }

  /** What is appended before the next try waits with it: its job is folded into the one that is added here. */
  private async failed(webhookId: string, jobId: string, { reason, gone }: Refusal): Promise<void> {
    await this.db.tx(async () => {
      const [row] = await this.db.query<{ tries: number; hopeless: boolean }>(
        `update tenancy.audit_webhook set tries = tries + 1, failing_since = coalesce(failing_since, now()), fault = $3, lease = null,
        lease_until = null
         where id = $1 and lease = $2 and enabled returning tries, failing_since < now() - ${GIVE_UP_DAYS} * interval '1 day' as hopeless`,
        [webhookId, jobId, reason],
      );
      if (!row) return;
      if (gone || row.hopeless)
        return this.webhooks.disable(webhookId, gone ? reason : `Nothing was taken for ${GIVE_UP_DAYS} days. ${reason}`);
      const delayMs = Math.round(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (row.tries - 1)) * (0.8 + 0.4 * Math.random()));
      await this.db.query(`update tenancy.audit_webhook set next_try_at = now() + $2::int * interval '1 ms' where id = $1`,
        [webhookId, delayMs]);
      await this.jobs.add(deliverAudit, { webhookId }, { delayMs: delayMs + 1, dedupeKey: webhookId });
    });
  }
}
