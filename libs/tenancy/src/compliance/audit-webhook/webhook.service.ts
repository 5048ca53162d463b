import { Injectable } from '@nestjs/common';
import { AppError, current, newId, orNotFound, Secrets } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db } from '#platform/database';
import { Jobs } from '#platform/messaging';
import { oneLine } from '../../access/profile.js';
import { TenantLimits } from '../../access/tenant-limits.js';
import { newWebhookSecret } from './signature.js';
import { deliverAudit } from '../audit/audit.service.js';

export const WEBHOOK_SECRET = 'tenancy.audit-webhook';

export interface WebhookView {
  id: string;
  name: string;
  url: string;
  enabled: boolean;
  /** failing: its last try went wrong, and the next one comes by itself. disabled: nothing is sent until it is enabled again. */
  state: 'active' | 'failing' | 'disabled';
  /** Sequence of the last entry that it took. */
  delivered: number;
  /** How many entries wait for it. */
  pending: number;
  deliveredAt: string | null;
  failingSince: string | null;
  /** Why the last try went wrong, or why it was disabled. */
  fault: string | null;
  nextTryAt: string | null;
  createdAt: string;
}

/** Its secret is shown here and nowhere else. */
export interface NewWebhookView extends WebhookView {
  secret: string;
}

export interface NewWebhook {
  name: string;
  url: string;
  after?: number;
}

export interface WebhookChange {
  name?: string;
  enabled?: boolean;
}

interface Row extends Pick<WebhookView, 'id' | 'name' | 'url' | 'enabled' | 'fault'> {
  position: string;
  end: string;
  deliveredAt: Date | null;
  failingSince: Date | null;
  nextTryAt: Date | null;
  createdAt: Date;
}

const SELECT = `
  select hook.id, hook.name, hook.url, hook.enabled, hook.position, coalesce(head.sequence, 0) as "end", hook.delivered_at as
  "deliveredAt", hook.failing_since as "failingSince",
    hook.fault, hook.next_try_at as "nextTryAt", hook.created_at as "createdAt"
  from tenancy.audit_webhook hook left join tenancy.audit_head head on head.tenant_id = hook.tenant_id`;

/** The current tenant's audit webhooks: where its audit log is sent, and how far each has it. */
@Injectable()
export class WebhookService {
  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly secrets: Secrets,
    private readonly limits: TenantLimits,
  ) {}

  async list(): Promise<WebhookView[]> {
    return (await this.db.query<Row>(`${SELECT} order by hook.id`)).map(toView);
  }

  async get(id: string): Promise<WebhookView> {
    return toView(orNotFound(await this.db.queryOne<Row>(`${SELECT} where hook.id = $1`, [id]), 'audit webhook'));
  }

  /** The head's row is the lock: the count holds, and no entry falls between this one's start and the next append. */
  @Audited('tenancy.audit-webhook.created', { target: ({ id }: NewWebhookView) => id,
    detail: ({ name, url, delivered }: NewWebhookView) => ({ name, host: new URL(url).host, after: delivered }) })
  async create({ name, url, after }: NewWebhook): Promise<NewWebhookView> {
    const { tenantId } = current();
    const [head] = await this.db.query<{ sequence: string }>('select sequence from tenancy.audit_head where tenant_id = $1 for update',
      [tenantId]);
    const end = Number(head?.sequence ?? 0);
    await this.limits.assertRoom('webhooks');
    if (after !== undefined && after > end) throw new AppError('unprocessable', 'tenancy.webhook-after',
      `The audit log ends at ${end}, so nothing stands after ${after}. Give the sequence of an entry, or leave it out to begin now.`);
    const [id, secret, position] = [newId(), newWebhookSecret(), after ?? end];
    await this.db.query('insert into tenancy.audit_webhook (tenant_id, id, name, url, secret, position, sending) values ($1, $2, $3, ' +
      '$4, $5, $6, $6)', [
      tenantId, id, oneLine(name, 'name'), url, this.secrets.seal(WEBHOOK_SECRET, secret, `${tenantId} ${id}`), position,
    ]);
    await this.jobs.add(deliverAudit, { webhookId: id }, { dedupeKey: id });
    return { ...(await this.get(id)), secret };
  }

  /** Enabling one, also one that is enabled, tries at once; it goes on where it stopped. */
  @Audited('tenancy.audit-webhook.changed', { detail: (_view: WebhookView, [, change]: [string, WebhookChange]) => ({ ...change }) })
  async change(id: string, { name, enabled }: WebhookChange): Promise<WebhookView> {
    const view = await this.get(id);
    await this.db.query('update tenancy.audit_webhook set name = $2, enabled = $3 where id = $1',
      [id, name === undefined ? view.name : oneLine(name, 'name'), enabled ?? view.enabled]);
    if (enabled) {
      await this.db.query('update tenancy.audit_webhook set tries = 0, next_try_at = null, failing_since = null, fault = null where id ' +
        '= $1', [id]);
      // Not folded into a job that waits for the next try: this one is for now.
      await this.jobs.add(deliverAudit, { webhookId: id });
    }
    return this.get(id);
  }

  @Audited('tenancy.audit-webhook.deleted')
  async remove(id: string): Promise<void> {
    orNotFound(await this.db.queryOne('delete from tenancy.audit_webhook where id = $1 returning id', [id]), 'audit webhook');
  }

  /** Done by Atoll, not by a person: nothing was taken for days, or the endpoint is gone. */
  @Audited('tenancy.audit-webhook.disabled', { detail: (_none: unknown, [, reason]: [string, string]) => ({ reason }) })
  async disable(id: string, reason: string): Promise<void> {
    await this.db.query('update tenancy.audit_webhook set enabled = false, next_try_at = null, fault = $2, failing_since = ' +
      'coalesce(failing_since, now()), lease = null, lease_until = null where id = $1', [id, reason]);
  }
}

function toView({ position, end, deliveredAt, failingSince, nextTryAt, createdAt, ...row }: Row): WebhookView {
  const state = !row.enabled ? 'disabled' : row.fault === null ? 'active' : 'failing';
  return {
    ...row, state, delivered: Number(position), pending: Number(end) - Number(position),
    deliveredAt: deliveredAt?.toISOString() ?? null, failingSince: failingSince?.toISOString() ?? null,
    nextTryAt: nextTryAt?.toISOString() ?? null, createdAt: createdAt.toISOString(),
  };
}
