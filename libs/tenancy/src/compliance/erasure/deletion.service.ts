import { Injectable } from '@nestjs/common';
import { AppError, isId, Secrets } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db } from '#platform/database';
import { asTenant } from '../../access/as-tenant.js';
import { TenancyConfig } from '../../tenancy.config.js';
import { LifeCycleService } from '../../organisation/tenant/life-cycle.service.js';
import { DeletionEmailJob, TAKE_BACK_PURPOSE, takeBackToken } from './deletion-email.job.js';
import { type Erasure, ErasureService, leaving } from './erasure.service.js';

const DAY_MS = 86_400_000;

/** A tenant is deleted by its owner, with time to think it over. */
@Injectable()
export class DeletionService {
  constructor(
    private readonly db: Db,
    private readonly erasures: ErasureService,
    private readonly lifeCycle: LifeCycleService,
    private readonly secrets: Secrets,
    private readonly config: TenancyConfig,
    private readonly emails: DeletionEmailJob,
  ) {}

  /** Shuts the running tenant, and erases it when the time to take that back is over. `name` is the tenant's, typed to be sure. */
  @Audited('tenancy.deletion.asked', { target: () => null, detail: ({ dueAt }: { dueAt: string }) => ({ dueAt }) })
  async ask(name: string): Promise<{ dueAt: string; takeBack: string }> {
    const [tenant] = await this.db.query<{ name: string }>('select name from tenancy.tenant for update');
    if (tenant?.name !== name) throw new AppError('invalid', 'tenancy.deletion-name',
      'Nothing was deleted: to be sure, send the exact name of this tenant as `name`.',
      { errors: [{ pointer: '/name', detail: 'must be the name of the tenant' }] });
    const erasure = await this.erasures.plan('owner', new Date(Date.now() + this.config.erasureGraceDays * DAY_MS));
    await this.lifeCycle.suspend('it is being deleted');
    await this.emails.order(erasure);
    return { dueAt: erasure.dueAt.toISOString(), takeBack: takeBackToken(this.secrets, erasure) };
  }

  /** By whoever holds the link that the owners got; the tenant is as it was. */
  async takeBack(token: string): Promise<void> {
    const [tenantId, id, signature, ...rest] = token.split('.');
    const whole = isId(tenantId) && isId(id) && signature !== undefined && rest.length === 0;
    const genuine = whole && this.secrets.verify(TAKE_BACK_PURPOSE, `${tenantId}.${id}`, signature);
    if (!genuine) throw leaving();
    if (!(await asTenant(tenantId, () => this.keep(id)))) throw leaving();
  }

  /** False where it is too late, or there was nothing to take back. */
  @Audited('tenancy.deletion.taken-back', { target: () => null })
  async keep(id?: string): Promise<boolean> {
    if (!(await this.erasures.takeBack(id))) return false;
    await this.lifeCycle.resume();
    return true;
  }

  /** By an operator: at once, or after as many days as an owner would have. */
  @Audited('tenancy.deletion.ordered', { target: () => null })
  async order({ now }: { now: boolean }): Promise<Erasure> {
    const erasure = await this.erasures.plan('operator', new Date(Date.now() + (now ? 0 : this.config.erasureGraceDays * DAY_MS)));
    await this.lifeCycle.suspend('it is being deleted');
    return erasure;
  }
}
