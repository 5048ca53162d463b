import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Allow, Public } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { currentSession } from '../session/current-session.js';
import type { EmailSent } from '../one-time-token/one-time-token.service.js';
import { SessionService } from '../session/session.service.js';
import { AskResetBody, ChangePasswordBody, ResetBody } from './password.bodies.js';
import { PasswordService } from './password.service.js';

@ApiTags('sign-in')
@Controller('v1')
export class PasswordController {
  constructor(
    private readonly passwords: PasswordService,
    private readonly sessions: SessionService,
  ) {}

  /** Asks for an e-mail with a link to choose a new password. The answer is the same whether the address is known or not. */
  @Post('auth/password-reset')
  @HttpCode(202)
  @Public()
  @Unaudited('sends an e-mail; of no tenant')
  ask(@Body() { email }: AskResetBody, @Req() { ip }: FastifyRequest): Promise<EmailSent> {
    return this.passwords.askReset(email, ip);
  }

  /** Sets a new password with the token of the e-mail, and ends every session of that person. */
  @Post('auth/password-reset/confirm')
  @HttpCode(204)
  @Public()
  @Unaudited('of no tenant; the sessions that end with it are audited in theirs')
  reset(@Body() { token, password }: ResetBody): Promise<void> {
    return this.passwords.reset(token, password);
  }

  /** Changes your password, in all your tenants; every other session of yours ends. */
  @Post('me/password')
  @HttpCode(204)
  @Allow()
  @Unaudited('of all tenants of a person; the sessions that end with it are audited in theirs')
  async change(@Body() body: ChangePasswordBody, @Req() { ip }: FastifyRequest): Promise<void> {
    const { sessionId } = currentSession();
    await this.passwords.change(await this.sessions.personOf(sessionId), body, ip, sessionId);
  }
}
