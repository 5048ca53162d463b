import { Body, Controller, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString, Length, MaxLength, ValidateIf } from 'class-validator';
import { Allow } from '#platform/http';
import { Audited, Unaudited } from '#platform/privacy';
import { current } from '#platform/core';
import { ApiKeyService, type ApiKeyView } from '../api-key/api-key.service.js';
import type { EmailSent } from '../one-time-token/one-time-token.service.js';
import type { Member, Tenant } from '../../contract.js';
import { type FactorStatus, OwnFactorService } from './own-factor.service.js';
import { IdentityService } from '../identities/identity.service.js';
import { RegistrationService } from '../auth/registration.service.js';
import { currentSession } from '../session/current-session.js';
import { MemberService, toMember } from '../../organisation/member/member.service.js';
import { TenantService } from '../../organisation/tenant/tenant.service.js';

export class ProfileBody {
  @IsOptional() @IsString() @Length(1, 120)
  name?: string;

  /** Language tag such as de-AT; null: the tenant's. */
  @IsOptional() @ValidateIf((_, value) => value !== null) @IsString() @MaxLength(35)
  locale?: string | null;
}

/** Who the credential speaks for: a person (`user`), and the key where it is one; its `holder` says whose. */
export interface Me {
  user: Member | null;
  key: ApiKeyView | null;
  /** Whether the person has proved that the address is theirs; null for a program. */
  emailVerified: boolean | null;
  /** The person's second factor; null for a key. */
  secondFactor: FactorStatus | null;
  tenant: Tenant;
  permissions: string[];
}

@ApiTags('me')
@Controller('v1/me')
export class MeController {
  constructor(
    private readonly tenants: TenantService,
    private readonly members: MemberService,
    private readonly keys: ApiKeyService,
    private readonly identities: IdentityService,
    private readonly registration: RegistrationService,
    private readonly factor: OwnFactorService,
  ) {}

  /** Who you are here, and what you may do. */
  @Get()
  @Allow()
  async me(): Promise<Me> {
    const { actor } = current();
    const user = actor.kind === 'user' ? toMember(await this.members.one(actor.id)) : null;
    const keyId = actor.kind === 'key' ? actor.id : actor.key;
    const key = keyId === undefined ? null : await this.keys.get(keyId);
    const identity = user && (await this.identities.get(await this.members.identityOf(user.id)));
    return { user, key, emailVerified: identity && identity.emailVerifiedAt !== null,
      secondFactor: user && key === null ? await this.factor.status(currentSession()) : null, tenant: await this.tenants.current(),
      permissions: [...actor.permissions] };
  }

  /** Asks for an e-mail that proves your address is yours. */
  @Post('verify-email')
  @HttpCode(202)
  @Allow()
  @Unaudited('sends an e-mail; of no tenant')
  async verifyEmail(): Promise<EmailSent> {
    return this.registration.askToVerify(await this.members.identityOf(currentSession().userId));
  }

  /** Changes your name or language in this tenant. Your address: POST /v1/me/email. */
  @Patch()
  @Allow('tenancy.profile.write')
  @Audited('tenancy.profile.changed')
  change(@Body() body: ProfileBody): Promise<Member> {
    return this.members.change(currentSession().userId, body);
  }
}
