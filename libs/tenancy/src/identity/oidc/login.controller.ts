import { Body, Controller, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow, IdParam } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { currentSession } from '../session/current-session.js';
import { SessionService } from '../session/session.service.js';
import { OneTimeTokenService } from '../one-time-token/one-time-token.service.js';
import { MemberService } from '../../organisation/member/member.service.js';
import { inBrowser } from './browser.js';
import { type LoginView, LoginLinks } from './login-links.service.js';
import { ConnectBody } from './oidc.bodies.js';
import { StartService, type OidcStart } from './start.service.js';

@ApiTags('me')
@Controller('v1/me/external-logins')
export class LoginController {
  constructor(
    private readonly starting: StartService,
    private readonly links: LoginLinks,
    private readonly sessions: SessionService,
    private readonly members: MemberService,
    private readonly oneTime: OneTimeTokenService,
  ) {}

  /** Accounts at issuers by which you sign in. */
  @Get()
  @Allow()
  async list(): Promise<{ items: LoginView[] }> {
    const { userId, sessionId } = currentSession();
    const items = await this.links.list(userId, await this.members.identityOf(userId));
    const { providerId } = await this.sessions.originOf(sessionId);
    return { items: items.filter(({ of }) => of === 'tenant' || providerId === null) };
  }

  /** Begins to connect an account at an issuer of this tenant. Send the browser to `url`; POST /v1/auth/oidc/finish ends it. */
  @Post()
  @HttpCode(200)
  @Allow()
  @Unaudited('LoginLinks.connectMember audits what comes of it')
  async connect(
    @Body() body: ConnectBody, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OidcStart> {
    const { userId, sessionId } = currentSession();
    const identityId = await this.sessions.personOf(sessionId);
    return inBrowser(request, reply, this.starting.base,
      (browser) => this.starting.connect(body, { memberId: userId, identityId }, browser, request.ip));
  }

  /** Disconnects one: it signs you in no more. */
  @Delete(':id')
  @HttpCode(204)
  @Allow()
  @Unaudited('of a person; the sessions it opened go on until they end')
  async remove(@Param('id', new IdParam('connected account')) id: string): Promise<void> {
    const { userId, sessionId } = currentSession();
    if (!(await this.links.removeOfMember(id, userId))) await this.links.removeOfPerson(id, await this.sessions.personOf(sessionId));
    await this.oneTime.endOf(await this.members.identityOf(userId));
  }
}
