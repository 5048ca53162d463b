import { Injectable } from '@nestjs/common';
import { Cron } from '#platform/messaging';
import { PrivacyRequests, type RetentionRule } from '#platform/privacy';
import { Db } from '#platform/database';
import { newId } from '#platform/core';
import { asTenant } from '../../access/as-tenant.js';
import type { Retention } from '../../contract.js';
import { TenancyConfig } from '../../tenancy.config.js';
import { TenantService } from '../../organisation/tenant/tenant.service.js';

const AT_ONCE = 500;

const RULES: Record<RetentionRule, keyof Retention> = { conversations: 'conversationDays', runs: 'runDays', usage: 'usageDays',
  analytics: 'analyticsDays' };

type Keep = Partial<Record<RetentionRule, number>>;

/**
 * Orders, each night, that what is older than its rule allows ends: every context deletes its own, as its data map says what ages by what.
 */
@Injectable()
export class RetentionJob {
  constructor(
    private readonly db: Db,
    private readonly orders: PrivacyRequests,
    private readonly tenants: TenantService,
    private readonly config: TenancyConfig,
  ) {}

  @Cron('tenancy.apply-retention', '11 1 * * *', { timeoutMs: 30 * 60_000 })
  async apply(): Promise<void> {
    const chosen = await this.chosen();
    const bounded = Object.keys(keepOf(undefined, this.limits)).length > 0;
    for await (const tenantId of bounded ? this.everybody() : chosen.keys()) {
      const keep = keepOf(chosen.get(tenantId), this.limits);
      if (Object.keys(keep).length > 0)
        await asTenant(tenantId, () => this.db.tx(() => this.orders.give({ orderId: newId(), kind: 'retain', round: 1, keep })));
    }
  }

  private get limits(): Retention {
    const { retentionConversationDays, retentionRunDays, retentionUsageDays, retentionAnalyticsDays } = this.config;
    return { conversationDays: retentionConversationDays, runDays: retentionRunDays, usageDays: retentionUsageDays,
      analyticsDays: retentionAnalyticsDays };
  }

  /** What tenants set, of those that set anything. */
  private async chosen(): Promise<Map<string, Partial<Retention>>> {
    const rows = await this.db.systemQuery<{ tenantId: string; retention: Partial<Retention> | null }>(
      'keeping times of all tenants',
      `select distinct on (tenant_id) tenant_id as "tenantId", settings -> 'retention' as retention from tenancy.tenant_settings order ` +
        `by tenant_id, version desc`,
    );
    return new Map(rows.flatMap(({ tenantId, retention }) => (retention ? [[tenantId, retention]] : [])));
  }

  private async *everybody(): AsyncGenerator<string> {
    for (let after: string | undefined; ;) {
      const page = await this.tenants.all({ limit: AT_ONCE, suspended: true, ...(after && { after }) });
      for (const { id } of page) yield id;
      if (page.length < AT_ONCE) return;
      after = page.at(-1)!.id;
    }
  }
}

/** The shorter of what the tenant chose and what the deployment allows; rules that nobody set are left out. */
export function keepOf(chosen: Partial<Retention> | undefined, limits: Retention): Keep {
  const days = Object.entries(RULES).map(([rule, key]) => [rule, Math.min(chosen?.[key] || Infinity, limits[key] || Infinity)] as const);
  return Object.fromEntries(days.filter(([, value]) => value !== Infinity));
}
