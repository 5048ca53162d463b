import { Injectable } from '@nestjs/common';
import type { Principal } from '#platform/http';
import { AuthenticationService } from './authentication.service.js';
import { ApiKeyService } from './identity/api-key/api-key.service.js';
import { type AuditVerdict, type Member, type NewTenant, Tenancy, type Tenant, type TenantSettings } from './contract.js';
import { AuditVerifier } from './compliance/audit/verifier.service.js';
import { LifeCycleService } from './organisation/tenant/life-cycle.service.js';
import { MemberService } from './organisation/member/member.service.js';
import { TenantService } from './organisation/tenant/tenant.service.js';

@Injectable()
export class TenancyService extends Tenancy {
  constructor(
    private readonly authentication: AuthenticationService,
    private readonly tenantRows: TenantService,
    private readonly memberRows: MemberService,
    private readonly keys: ApiKeyService,
    private readonly audit: AuditVerifier,
    private readonly lifeCycle: LifeCycleService,
  ) {
    super();
  }

  authenticate({ token }: { scheme: 'bearer'; token: string }): Promise<Principal> {
    return this.authentication.authenticate(token);
  }

  ended({ seconds }: { seconds: number }): Promise<{ id: string; subject: string }[]> {
    return this.authentication.ended(seconds);
  }

  tenant(): Promise<Tenant> {
    return this.tenantRows.current();
  }

  settings(): Promise<TenantSettings> {
    return this.lifeCycle.settings();
  }

  async suspend({ reason }: { reason: string }): Promise<Tenant> {
    await this.lifeCycle.suspend(reason);
    return this.tenantRows.current();
  }

  async resume(): Promise<Tenant> {
    await this.lifeCycle.resume();
    return this.tenantRows.current();
  }

  async choosePlan({ plan, trialEndsAt }: { plan: string; trialEndsAt?: string }): Promise<Tenant> {
    await this.lifeCycle.choosePlan(plan, trialEndsAt === undefined ? null : new Date(trialEndsAt));
    return this.tenantRows.current();
  }

  captureDomain({ domain }: { domain: string }): Promise<{ domain: string; verifiedAt: string | null }> {
    return this.lifeCycle.captureDomain(domain);
  }

  members({ ids }: { ids: string[] }): Promise<Member[]> {
    return this.memberRows.some(ids);
  }

  register(entry: NewTenant): Promise<{ tenantId: string; userId: string }> {
    return this.tenantRows.register(entry);
  }

  async createApiKey(entry: { name: string; scopes: string[]; expiresAt?: string }): Promise<{ id: string; key: string }> {
    const { id, key } = await this.keys.create(entry);
    return { id, key };
  }

  addOperator(entry: { email: string; name: string; password: string }): Promise<{ id: string; email: string; name: string }> {
    return this.authentication.operators.add(entry);
  }

  removeOperator({ email }: { email: string }): Promise<boolean> {
    return this.authentication.operators.remove(email);
  }

  tenants(page: { after?: string; limit: number; suspended?: boolean }): Promise<Tenant[]> {
    return this.tenantRows.all(page);
  }

  verifyAudit(): Promise<AuditVerdict> {
    return this.audit.verify();
  }
}
