import { Injectable } from '@nestjs/common';
import type { Principal } from '#platform/http';
import { credentialRefused } from './access/refused.js';
import { RevocationService } from './access/revocation.service.js';
import { ComplianceFacade } from './compliance/compliance.facade.js';
import { type AuditVerdict, type Member, type NewTenant, Tenancy, type Tenant, type TenantSettings } from './contract.js';
import { IdentityFacade } from './identity/identity.facade.js';
import { OrganisationFacade } from './organisation/organisation.facade.js';

@Injectable()
export class TenancyService extends Tenancy {
  constructor(
    private readonly organisation: OrganisationFacade,
    private readonly identity: IdentityFacade,
    private readonly compliance: ComplianceFacade,
    private readonly revocations: RevocationService,
  ) {
    super();
  }

  async authenticate({ token }: { scheme: 'bearer'; token: string }): Promise<Principal> {
    const principal = await this.principalOf(token);
    if (!principal) throw credentialRefused();
    return principal;
  }

  ended({ seconds }: { seconds: number }): Promise<{ id: string; subject: string }[]> {
    return this.revocations.ended(seconds);
  }

  tenant(): Promise<Tenant> {
    return this.organisation.tenants.current();
  }

  async settings(): Promise<TenantSettings> {
    return (await this.organisation.settings.current()).settings;
  }

  async suspend({ reason }: { reason: string }): Promise<Tenant> {
    await this.organisation.lifeCycle.suspend(reason);
    return this.tenant();
  }

  async resume(): Promise<Tenant> {
    await this.organisation.lifeCycle.resume();
    return this.tenant();
  }

  async choosePlan({ plan, trialEndsAt }: { plan: string; trialEndsAt?: string }): Promise<Tenant> {
    await this.organisation.lifeCycle.choosePlan(plan, trialEndsAt === undefined ? null : new Date(trialEndsAt));
    return this.tenant();
  }

  async captureDomain(ask: { domain: string }): Promise<{ domain: string; verifiedAt: string | null }> {
    const { domain, verifiedAt } = await this.identity.domains.vouch(ask.domain, 'member');
    return { domain, verifiedAt };
  }

  members({ ids }: { ids: string[] }): Promise<Member[]> {
    return this.organisation.members.some(ids);
  }

  register(entry: NewTenant): Promise<{ tenantId: string; userId: string }> {
    return this.identity.registration.establish(entry);
  }

  async createApiKey(entry: { name: string; scopes: string[]; expiresAt?: string }): Promise<{ id: string; key: string }> {
    const { id, key } = await this.identity.keys.create(entry);
    return { id, key };
  }

  addOperator(entry: { email: string; name: string; password: string }): Promise<{ id: string; email: string; name: string }> {
    return this.compliance.operators.add(entry);
  }

  removeOperator({ email }: { email: string }): Promise<boolean> {
    return this.compliance.operators.remove(email);
  }

  tenants(page: { after?: string; limit: number; suspended?: boolean }): Promise<Tenant[]> {
    return this.organisation.tenants.all(page);
  }

  verifyAudit(): Promise<AuditVerdict> {
    return this.compliance.audit.verify();
  }

  /** From a credential to whose work it is, as the database says now. */
  private principalOf(token: string): Promise<Principal | undefined> {
    if (token.startsWith('atl_')) return this.identity.keyVerifier.verify(token);
    if (token.startsWith('ato_')) return this.compliance.operatorSessions.verify(token);
    return token.startsWith('atv_') ? this.organisation.visitors.verify(token) : this.identity.sessionVerifier.verify(token);
  }
}
