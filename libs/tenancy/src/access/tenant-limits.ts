import { Injectable } from '@nestjs/common';
import { AppError, current } from '#platform/core';
import { Db } from '#platform/database';
import { TenancyConfig } from '../tenancy.config.js';

/** Of what a tenant has only so many: how many unless ATOLL_TENANT_LIMITS says otherwise, what they are called, and which rows count. */
const KINDS = {
  members: [10_000, 'members', 'tenancy.membership'],
  invitations: [500, 'open invitations', 'tenancy.invitation where accepted_at is null and revoked_at is null and expires_at > now()'],
  teams: [500, 'teams', 'tenancy.team where group_id is null'],
  groups: [2_000, 'groups of its directory', 'tenancy.scim_group'],
  roles: [100, 'roles of its own', 'tenancy.role'],
  keys: [1_000, 'keys in force', 'tenancy.api_key where revoked_at is null and (expires_at is null or expires_at > now())'],
  accounts: [200, 'service accounts', 'tenancy.service_account where deleted_at is null'],
  widgets: [100, 'widgets', 'tenancy.widget'],
  issuers: [10, 'issuers', 'tenancy.identity_provider'],
  domains: [200, 'domains', 'tenancy.domain'],
  webhooks: [5, 'audit webhooks', 'tenancy.audit_webhook'],
} as const;

export type Limited = keyof typeof KINDS;

/** Bounds what one tenant can fill the deployment with. */
@Injectable()
export class TenantLimits {
  private readonly told: Map<string, number>;

  constructor(private readonly db: Db, { tenantLimits }: TenancyConfig) {
    this.told = new Map(tenantLimits.map((entry) => entry.split('=') as [string, string]).map(([kind, most]) => [kind, Number(most)]));
  }

  /** Throws where there is no room for one more. Inside the transaction that makes it: those that come at once wait for each other. */
  async assertRoom(kind: Limited): Promise<void> {
    const [usual, word, rows] = KINDS[kind];
    const most = this.told.get(kind) ?? usual;
    await this.db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${current().tenantId} ${kind}`]);
    const [found] = await this.db.query<{ count: number }>(`select count(*)::int as count from ${rows}`);
    if (found!.count >= most) throw new AppError('conflict', `tenancy.many-${kind}`,
      `A tenant has at most ${most} ${word}, so none was added. Take one away first, or ask the operator for more (ATOLL_TENANT_LIMITS).`);
  }
}
