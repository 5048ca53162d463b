import { Global, Module } from '@nestjs/common';
import { Authenticator, ContextModule, type ContextWiring, provideContract } from '#kernel';
import { AuthenticationService } from './access/authentication.service.js';
import { ApiKeyController } from './api-key/api-key.controller.js';
import { ApiKeyRow } from './api-key/api-key.entity.js';
import { ApiKeyService } from './api-key/api-key.service.js';
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
import { HashingService } from './password/hashing.service.js';
import { SessionRow } from './session/session.entity.js';
import { SessionService } from './session/session.service.js';
import { TenancyConfig } from './tenancy.config.js';
import { TenancyService } from './tenancy.service.js';
import { MemberController } from './tenant/member.controller.js';
import { MemberService } from './tenant/member.service.js';
import { MembershipRow } from './tenant/membership.entity.js';
import { TenantRow } from './tenant/tenant.entity.js';
import { TenantService } from './tenant/tenant.service.js';
import { TidySchedule } from './tidy.schedule.js';
import { AccessTokenService } from './token/access-token.service.js';
import { JwksController } from './token/jwks.controller.js';
import { SigningKeyRow } from './token/signing-key.entity.js';
import { SigningKeyService } from './token/signing-key.service.js';

@Global()
@Module({
  imports: [ContextModule.for('tenancy')],
  controllers: [AuthController, MeController, ApiKeyController, MemberController, JwksController],
  providers: [
    HashingService, IdentityService, TenantService, MemberService, ApiKeyService,
    SigningKeyService, AccessTokenService, SessionService, AuthenticationService,
    ThrottleService, SignInService, PasswordStrategy, PasswordGuard, TidySchedule,
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
  config: [TenancyConfig],
  entities: [IdentityRow, SignInAttemptRow, SigningKeyRow, TenantRow, MembershipRow, SessionRow, ApiKeyRow],
  migrations: [identities, tenants],
};
