import { Injectable } from '@nestjs/common';
import { Audited } from '#platform/privacy';
import { Db, type Page, pageOf, type PageQuery } from '#platform/database';
import { current, newId, operateIn, orNotFound } from '#platform/core';
import { newSecret, secretHash } from '../../access/secret.js';
import type { Tenant } from '../../contract.js';
import { RevocationService } from '../../access/revocation.service.js';
import { LifeCycleService } from '../../organisation/tenant/life-cycle.service.js';
import { TenantService } from '../../organisation/tenant/tenant.service.js';
import { OperatorFactor } from './operator-factor.service.js';
import { type OperatorToken, operatorToken } from './operator-session.service.js';
import { OperatorService } from './operator.service.js';

export interface AdmissionRequest {
  reason: string;
  minutes: number;
}

/** An operator's admission as the tenant sees it. */
export interface AdmissionView {
  id: string;
  operator: string;
  reason: string;
  createdAt: string;
  expiresAt: string;
  endedAt: string | null;
}

interface AdmissionRow extends Omit<AdmissionView, 'createdAt' | 'expiresAt' | 'endedAt'> {
  createdAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
}

/** What operators do with tenants. All of it is work inside the tenant, in the operator's name: its audit log tells of it. */
@Injectable()
export class AdmissionService {
  constructor(
    private readonly db: Db,
    private readonly tenants: TenantService,
    private readonly lifeCycle: LifeCycleService,
    private readonly revocations: RevocationService,
    private readonly operators: OperatorService,
    private readonly factor: OperatorFactor,
  ) {}

  tenantsAfter(page: PageQuery): Promise<Page<Tenant>> {
    const read = (after: string | undefined, limit: number): Promise<Tenant[]> => this.tenants.all({ after, limit, suspended: true });
    return pageOf<Tenant, Tenant>(page, { id: 'id' }, ({ id }, limit) => read(id, limit), (tenant) => tenant);
  }

  tenant(id: string): Promise<Tenant> {
    return operateIn(id, () => this.tenants.current());
  }

  suspend(id: string, reason: string): Promise<Tenant> {
    return this.changed(id, () => this.lifeCycle.suspend(reason));
  }

  resume(id: string): Promise<Tenant> {
    return this.changed(id, () => this.lifeCycle.resume());
  }

  choosePlan(id: string, plan: string, trialEndsAt?: string): Promise<Tenant> {
    return this.changed(id, () => this.lifeCycle.choosePlan(plan, trialEndsAt === undefined ? null : new Date(trialEndsAt)));
  }

  /**
   * A token that reads the tenant for some minutes; the code is given anew, so a session that was stolen reads nothing. What it opens
   * and why stands in the tenant's own log before it opens anything.
   */
  admit(tenantId: string, admission: AdmissionRequest, { code, ip }: { code: string; ip: string }): Promise<OperatorToken> {
    return operateIn(tenantId, async () => {
      await this.tenants.current();
      await this.factor.demand(code, ip);
      const { name } = await this.operators.get(current().actor.id);
      return this.open(admission, name);
    });
  }

  @Audited('tenancy.operator.admitted', {
    target: () => null,
    detail: (_token: OperatorToken, [admission, operator]: [AdmissionRequest, string]) => ({ operator, ...admission }),
  })
  async open({ reason, minutes }: AdmissionRequest, operatorName: string): Promise<OperatorToken> {
    const { tenantId, actor } = current();
    const [id, secret, expiresAt] = [newId(), newSecret(), new Date(Date.now() + minutes * 60_000)];
    await this.db.query(
      'insert into tenancy.operator_access (tenant_id, id, operator_id, operator_name, reason, secret_hash, expires_at) values ($1, $2, ' +
        '$3, $4, $5, $6, $7)',
      [tenantId, id, actor.id, operatorName, reason, secretHash(secret), expiresAt],
    );
    return operatorToken(tenantId, id, secret, expiresAt);
  }

  /** What of the current tenant operators could and can read, newest first. */
  list(page: PageQuery): Promise<Page<AdmissionView>> {
    const sql = `
      select id, operator_name as operator, reason, created_at as "createdAt", expires_at as "expiresAt", ended_at as "endedAt"
      from tenancy.operator_access where $1::uuid is null or id < $1 order by id desc limit $2`;
    return pageOf(page, { id: 'id' }, ({ id }, limit) => this.db.query<AdmissionRow>(sql, [id, limit]), toView);
  }

  /** Ends an admission before its time: by the operator, or by the tenant. */
  @Audited('tenancy.operator.dismissed')
  async end(id: string): Promise<void> {
    orNotFound(await this.db.queryOne(
      'update tenancy.operator_access set ended_at = now() where id = $1 and ended_at is null and expires_at > now() returning id', [id],
    ), 'admission');
    await this.revocations.note(id);
  }

  private changed(id: string, change: () => Promise<boolean>): Promise<Tenant> {
    return operateIn(id, async () => {
      await this.tenants.current();
      await change();
      return this.tenants.current();
    });
  }
}

function toView({ createdAt, expiresAt, endedAt, ...view }: AdmissionRow): AdmissionView {
  return { ...view, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString(), endedAt: endedAt?.toISOString() ?? null };
}
