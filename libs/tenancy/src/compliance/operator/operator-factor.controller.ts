import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Allow } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import type { RecoveryCodes } from '../../identity/account/own-factor.service.js';
import { CodeBody, PasswordAgainBody, PasswordAndCodeBody } from '../../identity/account/second-factor.controller.js';
import type { NewAuthenticator } from '../../identity/totp/totp.service.js';
import { OperatorFactor } from './operator-factor.service.js';

@ApiTags('operators')
@Controller('v1/operator/second-factor')
export class OperatorFactorController {
  constructor(private readonly factor: OperatorFactor) {}

  /** A secret for your authenticator app; in force once you confirm it with a code. Until then your token may do nothing else. */
  @Post()
  @Allow('operator.factor.write')
  @Unaudited('an operator is in no tenant')
  begin(@Body() { password }: PasswordAgainBody, @Req() { ip }: FastifyRequest): Promise<NewAuthenticator> {
    return this.factor.begin(password, ip);
  }

  /** Puts it in force, and this session with it. The recovery codes are in this answer only. */
  @Post('confirm')
  @HttpCode(200)
  @Allow('operator.factor.write')
  @Unaudited('an operator is in no tenant')
  confirm(@Body() { code }: CodeBody, @Req() { ip }: FastifyRequest): Promise<RecoveryCodes> {
    return this.factor.confirm(code, ip);
  }

  /** New recovery codes; the former ones end. */
  @Post('recovery-codes')
  @HttpCode(200)
  @Allow('operator.factor.write')
  @Unaudited('an operator is in no tenant')
  renew(@Body() body: PasswordAndCodeBody, @Req() { ip }: FastifyRequest): Promise<RecoveryCodes> {
    return this.factor.renew(body, ip);
  }

  /** For another authenticator. All your sessions and admissions may do nothing until it is set up. */
  @Post('remove')
  @HttpCode(204)
  @Allow('operator.factor.write')
  @Unaudited('an operator is in no tenant')
  remove(@Body() body: PasswordAndCodeBody, @Req() { ip }: FastifyRequest): Promise<void> {
    return this.factor.remove(body, ip);
  }
}
