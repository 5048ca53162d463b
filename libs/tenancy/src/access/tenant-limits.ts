import { Injectable } from '@nestjs/common';
import { AppError, current } from '#platform/core';
import { Db } from '#platform/database';
import { TENANT_LIMITS, TenancyConfig } from '../tenancy.config.js';

export type Limited = keyof typeof TENANT_LIMITS;

/** What those are called of which a tenant has only so many, and which rows count. */
const KINDS: Record<Limited, [called: string, rows: string]> = {
  members: ['members', 'tenancy.membership'],
  invitations: ['open invitations', 'tenancy.invitation where accepted_at is null and revoked_at is null and expires_at > now()'],
  teams: ['teams', 'tenancy.team where group_id is null'],
  groups: ['groups of its directory', 'tenancy.scim_group'],
  roles: ['roles of its own', 'tenancy.role'],
  keys: ['keys in force', 'tenancy.api_key where revoked_at is null and (expires_at is null or expires_at > now())'],
  accounts: ['service accounts', 'tenancy.service_account where deleted_at is null'],
  widgets: ['widgets', 'tenancy.widget'],
  issuers: ['issuers', 'tenancy.identity_provider'],
  domains: ['domains', 'tenancy.domain'],
  webhooks: ['audit webhooks', 'tenancy.audit_webhook'],
};

/** Bounds what one tenant can fill the deployment with. */
@Injectable()
export class TenantLimits {
  private readonly told: Map<string, number>;

  constructor(private readonly db: Db, { tenantLimits }: TenancyConfig) {
    this.told = new Map(tenantLimits.map((entry) => entry.split('=') as [string, string]).map(([kind, most]) => [kind, Number(most)]));
  }

  /** Throws where there is no room for one more. Inside the transaction that makes it: those that come at once wait for each other. */
  async assertRoom(kind: Limited): Promise<void> {
    const [word, rows] = KINDS[kind];
    const most = this.told.get(kind) ?? TENANT_LIMITS[kind];
    await this.db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${current().tenantId} ${kind}`]);
    const [found] = await this.db.query<{ count: number }>(`select count(*)::int as count from ${rows}`);
    if (found!.count >= most) throw new AppError('conflict', `tenancy.many-${kind}`,
      `A tenant has at most ${most} ${word}, so none was added. Take one away first, or ask the operator for more (ATOLL_TENANT_LIMITS).`);
  }
}
