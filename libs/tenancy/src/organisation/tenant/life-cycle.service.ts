import { Injectable } from '@nestjs/common';
import { AppError, current } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db } from '#platform/database';
import { Cron, Events, TenantParking } from '#platform/messaging';
import { asTenant } from '../../access/as-tenant.js';
import { planChanged, tenantChanged, tenantResumed, tenantSuspended } from '../../events.js';
import { RevocationService } from '../../access/revocation.service.js';
import { type TenantProfile, changedProfile } from '../../access/profile.js';
import { TenantRow } from './tenant.entity.js';

/** The plan of a tenant that pays for none. */
export const FREE_PLAN = 'free';
const PLAN = /^[a-z][a-z0-9-]{0,40}$/;
const MOST_AT_ONCE = 500;

/** A tenant that its owner had deleted is opened by taking that back, and by nothing else. */
const NOT_LEAVING = `not exists (select 1 from tenancy.erasure where tenant = tenant_id and state in ('waiting', 'erasing'))`;

/** What becomes of a tenant after it was made. Every method is about the current one. */
@Injectable()
export class LifeCycleService {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly revocations: RevocationService,
    private readonly parking: TenantParking,
  ) {}

  async change(change: Partial<TenantProfile>): Promise<void> {
    const profile = changedProfile(change);
    await this.db.tx(async () => {
      if (Object.keys(profile).length > 0) await this.db.repo(TenantRow).update({ tenantId: current().tenantId }, profile);
      const { name, locale, timeZone } = await this.db.repo(TenantRow).findOneByOrFail({ tenantId: current().tenantId });
      await this.events.publish(tenantChanged, { name, locale, timeZone });
    });
  }

  /**
   * Shuts the tenant: no credential opens anything after 5 seconds, open streams end within 10, and its queued jobs wait. False where it
   * was shut.
   */
  @Audited('tenancy.tenant.suspended', { target: () => null, detail: (_done: boolean, [reason]: [string]) => ({ reason }) })
  async suspend(reason: string): Promise<boolean> {
    const done = await this.db.query(`update tenancy.tenant set status = 'suspended', suspended_reason = $1 where status = 'active' ` +
      `returning tenant_id`, [reason]);
    if (done.length === 0) return false;
    await this.events.publish(tenantSuspended, { reason });
    await this.parking.set(true);
    await this.revocations.note(current().tenantId);
    return true;
  }

  /** Opens it again: credentials and sessions that have not ended since work as before. False where it was open, or is on its way out. */
  @Audited('tenancy.tenant.resumed', { target: () => null })
  async resume(): Promise<boolean> {
    const done = await this.db.query(`update tenancy.tenant set status = 'active', suspended_reason = null where status = 'suspended' ` +
      `and ${NOT_LEAVING} returning tenant_id`);
    if (done.length === 0) return false;
    await this.events.publish(tenantResumed, {});
    await this.parking.set(false);
    return true;
  }

  /** With `trialEndsAt` the plan is on trial: then it falls back to the free one. */
  @Audited('tenancy.plan.chosen', { target: () => null,
    detail: (_done: boolean, [plan, trialEndsAt]: [string, Date | null]) => ({ plan, trialEndsAt: trialEndsAt?.toISOString() ?? null }) })
  async choosePlan(plan: string, trialEndsAt: Date | null): Promise<boolean> {
    if (!PLAN.test(plan)) throw new AppError('invalid', 'tenancy.plan',
      `"${plan}" is not the name of a plan. Use small letters, digits and dashes.`);
    if (trialEndsAt && !(trialEndsAt.getTime() > Date.now()))
      throw new AppError('invalid', 'tenancy.trial', 'The trial would have ended already, so nothing was changed. Give a time to come.');
    const [before] = await this.db.query<{ plan: string;
      trialEndsAt: Date | null }>('select plan, trial_ends_at as "trialEndsAt" from tenancy.tenant for update');
    if (!before || (before.plan === plan && before.trialEndsAt?.getTime() === trialEndsAt?.getTime())) return false;
    await this.db.query('update tenancy.tenant set plan = $1, trial_ends_at = $2', [plan, trialEndsAt]);
    if (before.plan !== plan) await this.events.publish(planChanged, { plan, previous: before.plan, reason: 'chosen' });
    return true;
  }

  /** Trials of all tenants that are over. */
  @Cron('tenancy.end-trials', '* * * * *')
  async endTrials(): Promise<void> {
    const over = await this.db.systemQuery<{ id: string }>(
      'trials that are over',
      'select tenant_id as id from tenancy.tenant where trial_ends_at <= now() order by trial_ends_at limit $1',
      [MOST_AT_ONCE],
    );
    for (const { id } of over) await asTenant(id, () => this.endTrial());
  }

  @Audited('tenancy.trial.ended', { target: () => null })
  async endTrial(): Promise<boolean> {
    const [before] = await this.db.query<{ plan: string }>('select plan from tenancy.tenant where trial_ends_at <= now() for update');
    if (!before) return false;
    await this.db.query('update tenancy.tenant set plan = $1, trial_ends_at = null', [FREE_PLAN]);
    await this.events.publish(planChanged, { plan: FREE_PLAN, previous: before.plan, reason: 'trial-ended' });
    return true;
  }
}
