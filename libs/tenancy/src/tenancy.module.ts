import { Global, Module } from '@nestjs/common';
import { Authenticator } from '#platform/http';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { provideContract } from '#platform/core';
import { AuthenticationService } from './authentication.service.js';
import { PlanQuotas } from './access/plan-quotas.js';
import { SessionVerifier } from './identity/session/session-verifier.service.js';
import { AccountController } from './identity/service-account/service-account.controller.js';
import { ServiceAccountRow } from './identity/service-account/service-account.entity.js';
import { AccountService } from './identity/service-account/service-account.service.js';
import { ApiKeyController } from './identity/api-key/api-key.controller.js';
import { ApiKeyRow } from './identity/api-key/api-key.entity.js';
import { ApiKeyService } from './identity/api-key/api-key.service.js';
import { KeyVerifier } from './identity/api-key/key-verifier.service.js';
import { OwnKeyController } from './identity/account/own-key.controller.js';
import { ArchiveKey } from './compliance/archive/archive-key.js';
import { ArchiveWriter } from './compliance/archive/archive-writer.service.js';
import { ArchiveJob } from './compliance/archive/archive.job.js';
import { DataOrderHandler } from './compliance/archive/data-order.handler.js';
import { DataOrderService } from './compliance/archive/data-order.service.js';
import { ArchiveController, ExportController } from './compliance/archive/export.controller.js';
import { ArrivalService, ImportService } from './compliance/archive/import.service.js';
import { DeletionController } from './compliance/erasure/deletion.controller.js';
import { DeletionPost } from './compliance/erasure/deletion-post.service.js';
import { DeletionService } from './compliance/erasure/deletion.service.js';
import { ErasureLedger } from './compliance/erasure/ledger.service.js';
import { MemberDataController, OwnDataController } from './compliance/person/person-data.controller.js';
import { PersonData } from './compliance/person/person-data.service.js';
import { Reapply } from './compliance/person/reapply.service.js';
import { ErasureService } from './compliance/erasure/erasure.service.js';
import { LastSteps } from './compliance/erasure/last-steps.service.js';
import { ExportService } from './compliance/archive/export.service.js';
import { AuditController } from './compliance/audit/audit.controller.js';
import { AuditHandler } from './compliance/audit/audit.handler.js';
import { AuditService } from './compliance/audit/audit.service.js';
import { CheckpointService } from './compliance/audit/checkpoint.service.js';
import { CheckpointSchedule } from './compliance/audit/checkpoint.schedule.js';
import { AuditVerifier } from './compliance/audit/verifier.service.js';
import { WebhookDelivery } from './compliance/audit-webhook/delivery.service.js';
import { WebhookEndpoint } from './compliance/audit-webhook/endpoint.js';
import { WebhookController } from './compliance/audit-webhook/webhook.controller.js';
import { WebhookService } from './compliance/audit-webhook/webhook.service.js';
import { AuthController } from './identity/auth/auth.controller.js';
import { MeController } from './identity/account/me.controller.js';
import { PasswordGuard, PasswordStrategy } from './identity/auth/password.guard.js';
import { SignInService } from './identity/auth/sign-in.service.js';
import { SignInAttemptRow } from './identity/throttle/throttle.entity.js';
import { ThrottleService } from './identity/throttle/throttle.service.js';
import { Tenancy, tenancyContract } from './contract.js';
import { IdentityRow } from './identity/identities/identity.entity.js';
import { IdentityService } from './identity/identities/identity.service.js';
import { identities } from './migrations/0001-identities.js';
import { tenants } from './migrations/0002-tenants.js';
import { letters } from './migrations/0003-letters.js';
import { revocations } from './migrations/0004-revocations.js';
import { RevocationRow } from './access/revocation.entity.js';
import { RevocationService } from './access/revocation.service.js';
import { roles } from './migrations/0020-roles.js';
import { operators } from './migrations/0024-operators.js';
import { AdmissionController } from './compliance/operator/admission.controller.js';
import { AdmissionService } from './compliance/operator/admission.service.js';
import { OperatorController } from './compliance/operator/operator.controller.js';
import { OperatorFactorController } from './compliance/operator/operator-factor.controller.js';
import { OperatorFactor } from './compliance/operator/operator-factor.service.js';
import { OperatorSessions } from './compliance/operator/operator-session.service.js';
import { OperatorTotp } from './compliance/operator/operator-totp.service.js';
import { OperatorService } from './compliance/operator/operator.service.js';
import { teams } from './migrations/0023-teams.js';
import { TeamController } from './organisation/team/team.controller.js';
import { TeamRow } from './organisation/team/team.entity.js';
import { TeamService } from './organisation/team/team.service.js';
import { widgets } from './migrations/0022-widgets.js';
import { VisitorService } from './organisation/widget/visitor.service.js';
import { WidgetController } from './organisation/widget/widget.controller.js';
import { WidgetRow } from './organisation/widget/widget.entity.js';
import { WidgetService } from './organisation/widget/widget.service.js';
import { serviceAccounts } from './migrations/0021-service-accounts.js';
import { AcceptService } from './identity/auth/accept.service.js';
import { InvitationController } from './organisation/invitation/invitation.controller.js';
import { InvitationRow } from './organisation/invitation/invitation.entity.js';
import { InvitationService } from './organisation/invitation/invitation.service.js';
import { LetterDesk } from './identity/one-time-token/letter-desk.service.js';
import { LetterService } from './organisation/email/letter.service.js';
import { PasswordController } from './identity/account/password.controller.js';
import { PasswordService } from './identity/account/password.service.js';
import { PersonSessions } from './identity/session/person-sessions.service.js';
import { SessionController } from './identity/session/session.controller.js';
import { TicketRow } from './identity/one-time-token/ticket.entity.js';
import { TicketService } from './identity/one-time-token/ticket.service.js';
import { SwitchController } from './identity/auth/switch.controller.js';
import { SwitchService } from './identity/auth/switch.service.js';
import { sessionMethods } from './migrations/0005-session-methods.js';
import { secondFactor } from './migrations/0006-second-factor.js';
import { OwnFactorService } from './identity/account/own-factor.service.js';
import { SecondFactorController } from './identity/account/second-factor.controller.js';
import { SecondFactor } from './identity/totp/second-factor.service.js';
import { TotpService } from './identity/totp/totp.service.js';
import { RegistrationService } from './identity/auth/registration.service.js';
import { audit } from './migrations/0010-audit.js';
import { lifeCycle } from './migrations/0011-life-cycle.js';
import { oidc } from './migrations/0030-oidc.js';
import { AddressController } from './identity/account/address.controller.js';
import { AddressService } from './identity/account/address.service.js';
import { profile } from './migrations/0032-profile.js';
import { scim } from './migrations/0031-scim.js';
import { scimControllers, scimProviders } from './identity/scim/scim.parts.js';
import { OidcConfig } from './identity/oidc/oidc.config.js';
import { oidcControllers, oidcProviders } from './identity/oidc/oidc.parts.js';
import { dataOrders } from './migrations/0040-data-orders.js';
import { erasures } from './migrations/0041-erasures.js';
import { auditWebhooks } from './migrations/0043-audit-webhooks.js';
import { operatorFactor } from './migrations/0050-operator-factor.js';
import { directoryTeams } from './migrations/0051-directory-teams.js';
import { personErasures } from './migrations/0042-person-erasures.js';
import { BreachList } from './identity/password/breaches.service.js';
import { HashingService } from './identity/password/hashing.service.js';
import { AssignmentService } from './organisation/member/assignment.service.js';
import { RoleController } from './organisation/role/role.controller.js';
import { RoleRow } from './organisation/role/role.entity.js';
import { RoleService } from './organisation/role/role.service.js';
import { SessionRow } from './identity/session/session.entity.js';
import { SessionService } from './identity/session/session.service.js';
import { TenancyConfig } from './tenancy.config.js';
import { blobMap, dataMap } from './tenancy.data.js';
import { TenantLife } from './compliance/tenant-life.js';
import { TenancyService } from './tenancy.service.js';
import { LifeCycleService } from './organisation/tenant/life-cycle.service.js';
import { MemberController } from './organisation/member/member.controller.js';
import { MemberService } from './organisation/member/member.service.js';
import { MembershipRow } from './organisation/member/membership.entity.js';
import { SettingsController } from './organisation/settings/settings.controller.js';
import { SettingsService } from './organisation/settings/settings.service.js';
import { RetentionService } from './organisation/tenant/retention.service.js';
import { TenantController } from './organisation/tenant/tenant.controller.js';
import { TenantRow } from './organisation/tenant/tenant.entity.js';
import { TenantService } from './organisation/tenant/tenant.service.js';
import { TrialSchedule } from './organisation/tenant/trial.schedule.js';
import { TidySchedule } from './cleanup.job.js';
import { AccessTokenService } from './identity/token/access-token.service.js';
import { JwksController } from './identity/token/jwks.controller.js';
import { SigningKeyRow } from './identity/token/signing-key.entity.js';
import { SigningKeyService } from './identity/token/signing-key.service.js';

export { RetentionService, TenantLife };

@Global()
@Module({
  imports: [ContextModule.for('tenancy')],
  controllers: [AuthController, SecondFactorController, SwitchController, MeController, SessionController, PasswordController, InvitationController, ApiKeyController, OwnKeyController, AccountController, WidgetController, TeamController, OperatorController, OperatorFactorController, AdmissionController, MemberController, RoleController, TenantController, SettingsController, WebhookController, AuditController, JwksController, ExportController, ArchiveController, ...oidcControllers, AddressController, ...scimControllers, DeletionController, OwnDataController, MemberDataController],
  providers: [
    PlanQuotas, SessionVerifier, HashingService, IdentityService, TenantService, MemberService, RoleService, AssignmentService, ApiKeyService, KeyVerifier, AccountService, WidgetService, VisitorService, TeamService, OperatorService, OperatorSessions, OperatorTotp, OperatorFactor, AdmissionService, BreachList,
    SigningKeyService, AccessTokenService, SessionService, AuthenticationService,
    RevocationService, TotpService, SecondFactor, OwnFactorService, TicketService, LetterDesk, LetterService, PersonSessions, PasswordService, InvitationService, AcceptService,
    LifeCycleService, SettingsService, RetentionService, TrialSchedule,
    ArchiveKey, ArchiveWriter, ArchiveJob, DataOrderService, DataOrderHandler, ExportService, ImportService, ArrivalService,
    ErasureService, LastSteps, DeletionService, DeletionPost, TenantLife, ErasureLedger, PersonData, Reapply,
    AuditService, AuditHandler, CheckpointService, CheckpointSchedule, AuditVerifier, WebhookService, WebhookEndpoint, WebhookDelivery,
    ThrottleService, SignInService, RegistrationService, SwitchService, PasswordStrategy, PasswordGuard, TidySchedule,
    AddressService, ...oidcProviders, ...scimProviders,
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
  entities: [IdentityRow, SignInAttemptRow, SigningKeyRow, TenantRow, MembershipRow, RoleRow, SessionRow, ServiceAccountRow, WidgetRow, TeamRow, ApiKeyRow, TicketRow, InvitationRow, RevocationRow],
  migrations: [identities, tenants, letters, revocations, sessionMethods, secondFactor, audit, lifeCycle, roles, serviceAccounts, widgets, teams, operators, oidc, scim, profile, dataOrders, erasures, personErasures, auditWebhooks, operatorFactor, directoryTeams],
  dataMap,
  blobMap,
};
