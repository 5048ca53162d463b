import { Global, Module } from '@nestjs/common';
import { Authenticator } from '#platform/http';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { provideContract } from '#platform/core';
import { AuthenticationService } from './access/authentication.service.js';
import { PlanQuotas } from './access/plan-quotas.js';
import { SessionVerifier } from './access/session-verifier.service.js';
import { AccountController } from './account/account.controller.js';
import { ServiceAccountRow } from './account/account.entity.js';
import { AccountService } from './account/account.service.js';
import { ApiKeyController } from './api-key/api-key.controller.js';
import { ApiKeyRow } from './api-key/api-key.entity.js';
import { ApiKeyService } from './api-key/api-key.service.js';
import { KeyVerifier } from './api-key/key-verifier.service.js';
import { OwnKeyController } from './api-key/own-key.controller.js';
import { ArchiveKey } from './archive/archive-key.js';
import { ArchiveWriter } from './archive/archive-writer.service.js';
import { ArchiveJob } from './archive/archive.job.js';
import { DataOrderHandler } from './archive/data-order.handler.js';
import { DataOrderService } from './archive/data-order.service.js';
import { ArchiveController, ExportController } from './archive/export.controller.js';
import { ArrivalService, ImportService } from './archive/import.service.js';
import { DeletionController } from './erasure/deletion.controller.js';
import { DeletionPost } from './erasure/deletion-post.service.js';
import { DeletionService } from './erasure/deletion.service.js';
import { ErasureLedger } from './person/ledger.service.js';
import { MemberDataController, OwnDataController } from './person/person-data.controller.js';
import { PersonData } from './person/person-data.service.js';
import { Reapply } from './person/reapply.service.js';
import { ErasureService } from './erasure/erasure.service.js';
import { LastSteps } from './erasure/last-steps.service.js';
import { ExportService } from './archive/export.service.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditHandler } from './audit/audit.handler.js';
import { AuditService } from './audit/audit.service.js';
import { CheckpointService } from './audit/checkpoint.service.js';
import { CheckpointSchedule } from './audit/checkpoint.schedule.js';
import { AuditVerifier } from './audit/verifier.service.js';
import { WebhookDelivery } from './audit/webhook/delivery.service.js';
import { WebhookEndpoint } from './audit/webhook/endpoint.js';
import { WebhookController } from './audit/webhook/webhook.controller.js';
import { WebhookService } from './audit/webhook/webhook.service.js';
import { AuthController } from './auth/auth.controller.js';
import { MeController } from './auth/me.controller.js';
import { PasswordGuard, PasswordStrategy } from './auth/password.guard.js';
import { SignInService } from './auth/sign-in.service.js';
import { SignInAttemptRow } from './auth/throttle.entity.js';
import { ThrottleService } from './auth/throttle.service.js';
import { Tenancy, tenancyContract } from './contract.js';
import { IdentityRow } from './identity/identity.entity.js';
import { IdentityService } from './identity/identity.service.js';
import { identities } from './migrations/0001-identities.js';
import { tenants } from './migrations/0002-tenants.js';
import { letters } from './migrations/0003-letters.js';
import { revocations } from './migrations/0004-revocations.js';
import { RevocationRow } from './revocation/revocation.entity.js';
import { RevocationService } from './revocation/revocation.service.js';
import { roles } from './migrations/0020-roles.js';
import { operators } from './migrations/0024-operators.js';
import { AdmissionController } from './operator/admission.controller.js';
import { AdmissionService } from './operator/admission.service.js';
import { OperatorController } from './operator/operator.controller.js';
import { OperatorFactorController } from './operator/operator-factor.controller.js';
import { OperatorFactor } from './operator/operator-factor.service.js';
import { OperatorSessions } from './operator/operator-session.service.js';
import { OperatorTotp } from './operator/operator-totp.service.js';
import { OperatorService } from './operator/operator.service.js';
import { teams } from './migrations/0023-teams.js';
import { TeamController } from './team/team.controller.js';
import { TeamRow } from './team/team.entity.js';
import { TeamService } from './team/team.service.js';
import { widgets } from './migrations/0022-widgets.js';
import { VisitorService } from './widget/visitor.service.js';
import { WidgetController } from './widget/widget.controller.js';
import { WidgetRow } from './widget/widget.entity.js';
import { WidgetService } from './widget/widget.service.js';
import { serviceAccounts } from './migrations/0021-service-accounts.js';
import { AcceptService } from './invitation/accept.service.js';
import { InvitationController } from './invitation/invitation.controller.js';
import { InvitationRow } from './invitation/invitation.entity.js';
import { InvitationService } from './invitation/invitation.service.js';
import { LetterDesk } from './letter/letter-desk.service.js';
import { LetterService } from './letter/letter.service.js';
import { PasswordController } from './password/password.controller.js';
import { PasswordService } from './password/password.service.js';
import { PersonSessions } from './session/person-sessions.service.js';
import { SessionController } from './session/session.controller.js';
import { TicketRow } from './ticket/ticket.entity.js';
import { TicketService } from './ticket/ticket.service.js';
import { SwitchController } from './auth/switch.controller.js';
import { SwitchService } from './auth/switch.service.js';
import { sessionMethods } from './migrations/0005-session-methods.js';
import { secondFactor } from './migrations/0006-second-factor.js';
import { OwnFactorService } from './totp/own-factor.service.js';
import { SecondFactorController } from './totp/second-factor.controller.js';
import { SecondFactor } from './totp/second-factor.service.js';
import { TotpService } from './totp/totp.service.js';
import { RegistrationService } from './auth/registration.service.js';
import { audit } from './migrations/0010-audit.js';
import { lifeCycle } from './migrations/0011-life-cycle.js';
import { oidc } from './migrations/0030-oidc.js';
import { AddressController } from './auth/address.controller.js';
import { AddressService } from './auth/address.service.js';
import { profile } from './migrations/0032-profile.js';
import { scim } from './migrations/0031-scim.js';
import { scimControllers, scimProviders } from './scim/scim.parts.js';
import { OidcConfig } from './oidc/oidc.config.js';
import { oidcControllers, oidcProviders } from './oidc/oidc.parts.js';
import { dataOrders } from './migrations/0040-data-orders.js';
import { erasures } from './migrations/0041-erasures.js';
import { auditWebhooks } from './migrations/0043-audit-webhooks.js';
import { operatorFactor } from './migrations/0050-operator-factor.js';
import { directoryTeams } from './migrations/0051-directory-teams.js';
import { personErasures } from './migrations/0042-person-erasures.js';
import { BreachList } from './password/breaches.service.js';
import { HashingService } from './password/hashing.service.js';
import { AssignmentService } from './role/assignment.service.js';
import { RoleController } from './role/role.controller.js';
import { RoleRow } from './role/role.entity.js';
import { RoleService } from './role/role.service.js';
import { SessionRow } from './session/session.entity.js';
import { SessionService } from './session/session.service.js';
import { TenancyConfig } from './tenancy.config.js';
import { blobMap, dataMap } from './tenancy.data.js';
import { TenantLife } from './tenant-life.js';
import { TenancyService } from './tenancy.service.js';
import { LifeCycleService } from './tenant/life-cycle.service.js';
import { MemberController } from './tenant/member.controller.js';
import { MemberService } from './tenant/member.service.js';
import { MembershipRow } from './tenant/membership.entity.js';
import { SettingsController } from './tenant/settings/settings.controller.js';
import { SettingsService } from './tenant/settings/settings.service.js';
import { RetentionService } from './tenant/retention.service.js';
import { TenantController } from './tenant/tenant.controller.js';
import { TenantRow } from './tenant/tenant.entity.js';
import { TenantService } from './tenant/tenant.service.js';
import { TrialSchedule } from './tenant/trial.schedule.js';
import { TidySchedule } from './tidy.schedule.js';
import { AccessTokenService } from './token/access-token.service.js';
import { JwksController } from './token/jwks.controller.js';
import { SigningKeyRow } from './token/signing-key.entity.js';
import { SigningKeyService } from './token/signing-key.service.js';

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
