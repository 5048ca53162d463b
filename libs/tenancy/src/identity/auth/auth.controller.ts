import { Body, Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow, Public } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { SessionService, type Tokens } from '../session/session.service.js';
import type { EmailSent } from '../one-time-token/one-time-token.service.js';
import { currentSession } from '../session/current-session.js';
import { PersonSessions } from '../session/person-sessions.service.js';
import { MemberService } from '../../organisation/member/member.service.js';
import { RefreshBody, RegisterBody, SignInBody, SignOutBody, EmailTokenBody } from './auth.bodies.js';
import { callerOf } from '../session/caller.js';
import { PasswordGuard } from './password.guard.js';
import { type EmailVerified, RegistrationService } from './registration.service.js';
import { type Proven, SignInService, type SignedIn } from './sign-in.service.js';

@ApiTags('sign-in')
@Controller('v1/auth')
export class AuthController {
  constructor(
    private readonly signIn: SignInService,
    private readonly registration: RegistrationService,
    private readonly sessions: SessionService,
    private readonly everywhere: PersonSessions,
    private readonly members: MemberService,
  ) {}

  /**
   * Makes a tenant and its owner, and signs the owner in (201); where addresses are verified it sends an e-mail first (202), the same for
   * known and unknown ones. Somebody who has registered before uses their password and gets one more tenant.
   */
  @Post('register')
  @Public()
  @Unaudited('AuditHandler hears tenancy.tenant-created')
  async register(
    @Body() body: RegisterBody, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SignedIn | EmailSent> {
    const answer = await this.registration.register(body, callerOf(request));
    if ('next' in answer) reply.status(202);
    return answer;
  }

  /** Uses the link of an e-mail: ends a registration by signing the new owner in, or notes that an address is its owner's. */
  @Post('verify-email')
  @HttpCode(200)
  @Public()
  @Unaudited('AuditHandler hears tenancy.tenant-created and tenancy.signed-in')
  verify(@Body() { token }: EmailTokenBody, @Req() request: FastifyRequest): Promise<SignedIn | EmailVerified> {
    return this.registration.verify(token, callerOf(request).device);
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  @Unaudited('AuditHandler hears tenancy.signed-in')
  @UseGuards(PasswordGuard)
  login(@Body() { tenantId }: SignInBody, @Req() request: FastifyRequest & { user?: Proven }): Promise<SignedIn> {
    return this.signIn.enter(request.user!, tenantId, callerOf(request).device);
  }

  /**
   * Trades a refresh token for a new pair. Each one works once; where the answer was lost, the same client may send it again and gets the
   * same pair's refresh token. One that comes back after its successor was used, or from elsewhere, ends the session.
   */
  @Post('refresh')
  @HttpCode(200)
  @Public()
  @Unaudited('a session goes on; what ends it is audited')
  refresh(@Body() { refreshToken }: RefreshBody, @Req() request: FastifyRequest): Promise<Tokens> {
    return this.sessions.refresh(refreshToken, callerOf(request));
  }

  /**
   * Ends this session, or with `all` every session of this person (of one that began at an issuer of the tenant: every one here). Effective
   * within 5 seconds.
   */
  @Post('logout')
  @HttpCode(204)
  @Allow()
  @Unaudited('AuditHandler hears tenancy.session-revoked')
  async logout(@Body() { all }: SignOutBody): Promise<void> {
    const { sessionId, userId } = currentSession();
    if (all && (await this.sessions.originOf(sessionId)).providerId !== null) await this.sessions.closeAll(userId);
    else if (all) await this.everywhere.end(await this.members.identityOf(userId), 'signed-out');
    else await this.sessions.close(sessionId);
  }
}
