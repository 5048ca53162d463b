import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '#platform/http';
import { credentialRefused } from './access/refused.js';
import { RevocationService } from './access/revocation.service.js';
import { AuditVerifier } from './compliance/audit/verifier.service.js';
import { OperatorSessions } from './compliance/operator/operator-session.service.js';
import { OperatorService } from './compliance/operator/operator.service.js';
import { type AuditVerdict, type Member, type NewTenant, Tenancy, type Tenant, type TenantSettings } from './contract.js';
import { ApiKeyService } from './identity/api-key/api-key.service.js';
import { KeyVerifier } from './identity/api-key/key-verifier.service.js';
import { RegistrationService } from './identity/auth/registration.service.js';
import { DomainService } from './identity/domain/domain.service.js';
import { SessionVerifier } from './identity/session/session-verifier.service.js';
import { MemberService } from './organisation/member/member.service.js';
import { SettingsService } from './organisation/settings/settings.service.js';
import { LifeCycleService } from './organisation/tenant/life-cycle.service.js';
import { TenantService } from './organisation/tenant/tenant.service.js';
import { VisitorService } from './organisation/widget/visitor.service.js';

@Injectable()
export class TenancyService extends Tenancy {
  @Inject() private readonly tenantsOf: TenantService;
  @Inject() private readonly lifeCycle: LifeCycleService;
  @Inject() private readonly membersOf: MemberService;
  @Inject() private readonly settingsOf: SettingsService;
  @Inject() private readonly visitors: VisitorService;
  @Inject() private readonly registration: RegistrationService;
  @Inject() private readonly domains: DomainService;
  @Inject() private readonly keys: ApiKeyService;
  @Inject() private readonly keyVerifier: KeyVerifier;
  @Inject() private readonly sessionVerifier: SessionVerifier;
  @Inject() private readonly operators: OperatorService;
  @Inject() private readonly operatorSessions: OperatorSessions;
  @Inject() private readonly audit: AuditVerifier;
  @Inject() private readonly revocations: RevocationService;

  async authenticate({ token }: { scheme: 'bearer'; token: string }): Promise<Principal> {
    const principal = await this.principalOf(token);
    if (!principal) throw credentialRefused();
    return principal;
  }

  ended({ seconds }: { seconds: number }): Promise<{ id: string; subject: string }[]> {
    return this.revocations.ended(seconds);
  }

  tenant(): Promise<Tenant> {
    return this.tenantsOf.current();
  }

  async settings(): Promise<TenantSettings> {
    return (await this.settingsOf.current()).settings;
  }

  async suspend({ reason }: { reason: string }): Promise<Tenant> {
    await this.lifeCycle.suspend(reason);
    return this.tenant();
  }

  async resume(): Promise<Tenant> {
    await this.lifeCycle.resume();
    return this.tenant();
  }

  async choosePlan({ plan, trialEndsAt }: { plan: string; trialEndsAt?: string }): Promise<Tenant> {
    await this.lifeCycle.choosePlan(plan, trialEndsAt === undefined ? null : new Date(trialEndsAt));
    return this.tenant();
  }

  async captureDomain(ask: { domain: string }): Promise<{ domain: string; verifiedAt: string | null }> {
    const { domain, verifiedAt } = await this.domains.vouch(ask.domain, 'member');
    return { domain, verifiedAt };
  }

  members({ ids }: { ids: string[] }): Promise<Member[]> {
    return this.membersOf.some(ids);
  }

  register(entry: NewTenant): Promise<{ tenantId: string; userId: string }> {
    return this.registration.establish(entry);
  }

  async createApiKey(entry: { name: string; scopes: string[]; expiresAt?: string }): Promise<{ id: string; key: string }> {
    const { id, key } = await this.keys.create(entry);
    return { id, key };
  }

  addOperator(entry: { email: string; name: string; password: string }): Promise<{ id: string; email: string; name: string }> {
    return this.operators.add(entry);
  }

  removeOperator({ email }: { email: string }): Promise<boolean> {
    return this.operators.remove(email);
  }

  tenants(page: { after?: string; limit: number; suspended?: boolean }): Promise<Tenant[]> {
    return this.tenantsOf.all(page);
  }

  verifyAudit(): Promise<AuditVerdict> {
    return this.audit.verify();
  }

  /** From a credential to whose work it is, as the database says now. */
  private principalOf(token: string): Promise<Principal | undefined> {
    if (token.startsWith('atl_')) return this.keyVerifier.verify(token);
    if (token.startsWith('ato_')) return this.operatorSessions.verify(token);
    return token.startsWith('atv_') ? this.visitors.verify(token) : this.sessionVerifier.verify(token);
  }
}
