import { Injectable } from '@nestjs/common';
import type { PrincipalQuota } from '#platform/http';
import { TenancyConfig } from '../tenancy.config.js';

type Counted = 'user' | 'tenant' | 'answers' | 'uploads';

/**
 * What a plan allows a minute, as ATOLL_PLAN_QUOTAS says: for one user with all their keys and sessions, for the whole tenant, and for its
 * costly routes.
 */
@Injectable()
export class PlanQuotas {
  /** Plan, or `*` -> what is counted -> requests a minute. */
  private readonly plans = new Map<string, Map<Counted, number>>();

  constructor({ planQuotas }: TenancyConfig) {
    for (const entry of planQuotas) {
      const [, plan, counted, number] = /^(.+)\.(\w+)=(\d+)$/.exec(entry)!;
      this.plans.set(plan!, (this.plans.get(plan!) ?? new Map<Counted, number>()).set(counted as Counted, Number(number)));
    }
  }

  /** Narrowest first; `userId` where a member acts. */
  of(plan: string, tenantId: string, userId?: string): PrincipalQuota[] {
    const perMinute = (counted: Counted): number => this.plans.get(plan)?.get(counted) ?? this.plans.get('*')?.get(counted) ?? 0;
    return [
      ...(userId === undefined ? [] : [{ name: 'user', id: userId, perMinute: perMinute('user') }]),
      { name: 'answers', id: tenantId, perMinute: perMinute('answers'), routes: 'answers' },
      { name: 'uploads', id: tenantId, perMinute: perMinute('uploads'), routes: 'uploads' },
      { name: 'tenant', id: tenantId, perMinute: perMinute('tenant') },
    ].filter((quota) => quota.perMinute > 0);
  }
}
