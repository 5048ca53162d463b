import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';
import { IsMailbox } from '../../organisation/email/address.js';
import type { FastifyRequest } from 'fastify';
import { Allow, Public } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { currentSession } from '../session/current-session.js';
import type { EmailSent } from '../one-time-token/one-time-token.service.js';
import { SessionService } from '../session/session.service.js';
import { AddressService, type EmailChanged } from './address.service.js';
import { EmailTokenBody } from '../auth/auth.bodies.js';

export class ChangeEmailBody {
  @IsMailbox()
  email: string;

  /** Your present one: a stolen token changes no address. */
  @IsString() @Length(1, 1_024)
  password: string;

  /** Of your second factor, if you have one. */
  @IsOptional() @IsString() @Length(6, 20)
  code?: string;
}

@ApiTags('me')
@Controller('v1')
export class AddressController {
  constructor(
    private readonly addresses: AddressService,
    private readonly sessions: SessionService,
  ) {}

  /** Asks for an e-mail to another address of yours. Once its link was used you sign in with that one, in all your tenants. */
  @Post('me/email')
  @HttpCode(202)
  @Allow()
  @Unaudited('sends an e-mail; of no tenant')
  async ask(@Body() body: ChangeEmailBody, @Req() { ip }: FastifyRequest): Promise<EmailSent> {
    return this.addresses.ask(await this.sessions.personOf(currentSession().sessionId), body, ip);
  }

  /** Uses the link of that e-mail. The former address is told. */
  @Post('auth/change-email')
  @HttpCode(200)
  @Public()
  @Unaudited('MemberService.readdress audits it in each tenant')
  confirm(@Body() { token }: EmailTokenBody): Promise<EmailChanged> {
    return this.addresses.confirm(token);
  }
}
