import { Global, Module } from '@nestjs/common';
import { provideContract } from '#platform/core';
import { Authenticator } from '#platform/http';
import type { ContextWiring } from '#platform/runtime';
import { AccessModule } from './access/access.module.js';
import { CleanupJob } from './cleanup.job.js';
import { ComplianceModule } from './compliance/compliance.module.js';
import { RetentionJob } from './compliance/retention/retention.job.js';
import { TenantLife } from './compliance/tenant-life.js';
import { Tenancy, tenancyContract } from './contract.js';
import { ApiKeyRow } from './identity/api-key/api-key.entity.js';
import { IdentityModule } from './identity/identity.module.js';
import { IdentityRow } from './identity/identities/identity.entity.js';
import { OidcConfig } from './identity/oidc/oidc.config.js';
import { ServiceAccountRow } from './identity/service-account/service-account.entity.js';
import { SessionRow } from './identity/session/session.entity.js';
import { SigningKeyRow } from './identity/token/signing-key.entity.js';
import { migrations } from './migrations/index.js';
import { InvitationRow } from './organisation/invitation/invitation.entity.js';
import { MembershipRow } from './organisation/member/membership.entity.js';
import { OrganisationModule } from './organisation/organisation.module.js';
import { RoleRow } from './organisation/role/role.entity.js';
import { TeamRow } from './organisation/team/team.entity.js';
import { TenantRow } from './organisation/tenant/tenant.entity.js';
import { WidgetRow } from './organisation/widget/widget.entity.js';
import { TenancyConfig } from './tenancy.config.js';
import { blobMap, dataMap } from './tenancy.data.js';
import { TenancyService } from './tenancy.service.js';

export { RetentionJob, TenantLife };

/** The arrows between the three run one way: compliance -> identity -> organisation -> access. */
@Global()
@Module({
  imports: [AccessModule, OrganisationModule, IdentityModule, ComplianceModule],
  providers: [
    CleanupJob,
    ...provideContract(tenancyContract, TenancyService),
    { provide: Authenticator, useExisting: Tenancy },
  ],
  exports: [Tenancy, Authenticator],
})
export class TenancyModule {}

export const context: ContextWiring = {
  name: 'tenancy',
  contract: tenancyContract,
  module: TenancyModule,
  config: [TenancyConfig, OidcConfig],
  entities: [
    TenantRow, MembershipRow, RoleRow, TeamRow, InvitationRow, WidgetRow, IdentityRow, SessionRow, SigningKeyRow, ApiKeyRow,
    ServiceAccountRow,
  ],
  migrations,
  dataMap,
  blobMap,
};
