import { Body, Controller, Get, HttpCode, Post, Put, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Allow } from '#platform/http';
import { Audited, Unaudited } from '#platform/privacy';
import { currentSession } from '../session/current-session.js';
import { SessionService } from '../session/session.service.js';
import { OwnFactorService, type RecoveryCodes } from './own-factor.service.js';
import { SecondFactor, type SignInPolicy } from '../totp/second-factor.service.js';
import type { NewAuthenticator } from '../totp/totp.service.js';

export class PasswordAgainBody {
  @IsString() @Length(1, 1_024)
  password: string;
}

export class CodeBody {
  /** Six digits of the authenticator. */
  @IsString() @Length(6, 6)
  code: string;
}

export class PasswordAndCodeBody extends PasswordAgainBody {
  /** Six digits of the authenticator, or a recovery code. */
  @IsString() @Length(6, 20)
  code: string;
}

export class SignInPolicyBody implements Partial<SignInPolicy> {
  @IsOptional() @IsIn(['optional', 'required'])
  secondFactor?: 'optional' | 'required';

  /**
   * any: password or issuer; issuer: some issuer, no password; own-issuer: one of this tenant's own. Owners are not concerned: theirs is
   * the way back in.
   */
  @IsOptional() @IsIn(['any', 'issuer', 'own-issuer'])
  signIn?: 'any' | 'issuer' | 'own-issuer';
}

@ApiTags('second factor')
@Controller('v1')
export class SecondFactorController {
  constructor(
    private readonly own: OwnFactorService,
    private readonly factor: SecondFactor,
    private readonly sessions: SessionService,
  ) {}

  /** A secret for your authenticator app; in force once you confirm it with a code. */
  @Post('me/second-factor')
  @Allow()
  @Unaudited('of a person in all their tenants, not of one')
  begin(@Body() { password }: PasswordAgainBody, @Req() { ip }: FastifyRequest): Promise<NewAuthenticator> {
    return this.own.begin(currentSession(), password, ip);
  }

  /** Puts it in force. The recovery codes are in this answer only. */
  @Post('me/second-factor/confirm')
  @HttpCode(200)
  @Allow()
  @Unaudited('of a person in all their tenants, not of one')
  confirm(@Body() { code }: CodeBody): Promise<RecoveryCodes> {
    return this.own.confirm(currentSession(), code);
  }

  /** New recovery codes; the former ones end. */
  @Post('me/second-factor/recovery-codes')
  @HttpCode(200)
  @Allow()
  @Unaudited('of a person in all their tenants, not of one')
  renew(@Body() body: PasswordAndCodeBody, @Req() { ip }: FastifyRequest): Promise<RecoveryCodes> {
    return this.own.renew(currentSession(), body, ip);
  }

  @Post('me/second-factor/remove')
  @HttpCode(204)
  @Allow()
  @Unaudited('of a person in all their tenants, not of one')
  remove(@Body() body: PasswordAndCodeBody, @Req() { ip }: FastifyRequest): Promise<void> {
    return this.own.remove(currentSession(), body, ip);
  }

  /** What this tenant asks of its people at sign-in. */
  @Get('sign-in-policy')
  @Allow('tenancy.tenant.read')
  policy(): Promise<SignInPolicy> {
    return this.factor.policy();
  }

  /**
   * Sessions that fall short of it may do nothing but make up for it, within 5 seconds: set up a factor, connect an issuer. Keys are not
   * concerned.
   */
  @Put('sign-in-policy')
  @Allow('tenancy.tenant.write')
  @Audited('tenancy.sign-in-policy.changed',
    { target: () => null, detail: ({ signIn, secondFactor }: SignInPolicy) => ({ signIn, secondFactor }) })
  async setPolicy(@Body() body: SignInPolicyBody): Promise<SignInPolicy> {
    return this.factor.setPolicy(body, await this.sessions.methodsOf(currentSession().sessionId));
  }
}
