import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { OrganisationModule } from '../organisation/organisation.module.js';
import { AddressController } from './account/address.controller.js';
import { AddressService } from './account/address.service.js';
import { MeController } from './account/me.controller.js';
import { OwnFactorService } from './account/own-factor.service.js';
import { OwnKeyController } from './account/own-key.controller.js';
import { PasswordController } from './account/password.controller.js';
import { PasswordService } from './account/password.service.js';
import { SecondFactorController } from './account/second-factor.controller.js';
import { ApiKeyController } from './api-key/api-key.controller.js';
import { ApiKeyService } from './api-key/api-key.service.js';
import { KeyVerifier } from './api-key/key-verifier.service.js';
import { AcceptController } from './auth/accept.controller.js';
import { AcceptService } from './auth/accept.service.js';
import { AuthController } from './auth/auth.controller.js';
import { PasswordGuard, PasswordStrategy } from './auth/password.guard.js';
import { RegistrationService } from './auth/registration.service.js';
import { SignInService } from './auth/sign-in.service.js';
import { SwitchController } from './auth/switch.controller.js';
import { SwitchService } from './auth/switch.service.js';
import { DomainController } from './domain/domain.controller.js';
import { DomainService } from './domain/domain.service.js';
import { TxtRecords } from './domain/txt-records.js';
import { IdentityService } from './identities/identity.service.js';
import { ExternalSignIn } from './oidc/external-sign-in.service.js';
import { FlowService } from './oidc/flow.service.js';
import { IssuerClient } from './oidc/issuer-client.js';
import { LoginLinks } from './oidc/login-links.service.js';
import { LoginController } from './oidc/login.controller.js';
import { MemberAccountLinking } from './oidc/member-account-linking.service.js';
import { OidcController } from './oidc/oidc.controller.js';
import { OidcGuard, OidcStrategy } from './oidc/oidc.guard.js';
import { PersonAccountLinking } from './oidc/person-account-linking.service.js';
import { ProviderController } from './oidc/provider.controller.js';
import { ProviderService } from './oidc/provider.service.js';
import { StartService } from './oidc/start.service.js';
import { OneTimeTokenEmailJob } from './one-time-token/one-time-token-email.job.js';
import { OneTimeTokenService } from './one-time-token/one-time-token.service.js';
import { BreachList } from './password/breaches.service.js';
import { HashingService } from './password/hashing.service.js';
import { JustInTimeProvisioning } from './provisioning/just-in-time-provisioning.service.js';
import { DirectoryGroupController } from './scim/directory-group.controller.js';
import { DirectoryGroups } from './scim/directory-group.service.js';
import { ScimDiscoveryController } from './scim/discovery.controller.js';
import { GroupTeams } from './scim/group-teams.service.js';
import { ScimGroupController } from './scim/group.controller.js';
import { ScimGroupService } from './scim/group.service.js';
import { MemberState } from './scim/member-state.service.js';
import { ScimUserController } from './scim/user.controller.js';
import { ScimUserService } from './scim/user.service.js';
import { ServiceAccountController } from './service-account/service-account.controller.js';
import { ServiceAccountService } from './service-account/service-account.service.js';
import { PersonSessions } from './session/person-sessions.service.js';
import { SessionVerifier } from './session/session-verifier.service.js';
import { SessionController } from './session/session.controller.js';
import { SessionService } from './session/session.service.js';
import { ThrottleService } from './throttle/throttle.service.js';
import { AccessTokenService } from './token/access-token.service.js';
import { JwksController } from './token/jwks.controller.js';
import { SigningKeyService } from './token/signing-key.service.js';
import { SecondFactor } from './totp/second-factor.service.js';
import { TotpService } from './totp/totp.service.js';

/** Who somebody is, and what proves it: persons, passwords, second factors, sessions, keys, issuers and directories. */
@Module({
  imports: [AccessModule, OrganisationModule],
  controllers: [
    AuthController, AcceptController, SwitchController, JwksController, SessionController,
    MeController, AddressController, PasswordController, SecondFactorController, OwnKeyController,
    ApiKeyController, ServiceAccountController,
    OidcController, LoginController, ProviderController, DomainController,
    ScimUserController, ScimGroupController, ScimDiscoveryController, DirectoryGroupController,
  ],
  providers: [
    IdentityService, HashingService, BreachList, ThrottleService, OneTimeTokenService, OneTimeTokenEmailJob,
    SigningKeyService, AccessTokenService, SessionService, SessionVerifier, PersonSessions,
    TotpService, SecondFactor, OwnFactorService, PasswordService, AddressService,
    SignInService, RegistrationService, SwitchService, AcceptService, PasswordStrategy, PasswordGuard,
    ApiKeyService, KeyVerifier, ServiceAccountService,
    DomainService, TxtRecords, JustInTimeProvisioning,
    ProviderService, IssuerClient, FlowService, StartService, ExternalSignIn, OidcStrategy, OidcGuard,
    LoginLinks, PersonAccountLinking, MemberAccountLinking,
    ScimUserService, ScimGroupService, MemberState, GroupTeams, DirectoryGroups,
  ],
  exports: [RegistrationService, DomainService, ApiKeyService, KeyVerifier, SessionVerifier, ThrottleService, HashingService,
    SigningKeyService],
})
export class IdentityModule {}
