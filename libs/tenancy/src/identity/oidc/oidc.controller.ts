import { Body, Controller, Get, Header, HttpCode, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { callerOf } from '../session/caller.js';
import type { SignedIn } from '../auth/sign-in.service.js';
import { browserOf, inBrowser } from './browser.js';
import type { Connected } from './member-account-linking.service.js';
import { ExternalSignIn } from './external-sign-in.service.js';
import { FinishBody, SignInOptionsBody, StartBody } from './oidc.bodies.js';
import { OidcGuard, type Returned } from './oidc.guard.js';
import { type SignInOption, StartService, type OidcStart } from './start.service.js';

@ApiTags('sign-in at issuers')
@Controller('v1/auth/oidc')
export class OidcController {
  constructor(
    private readonly starting: StartService,
    private readonly signIn: ExternalSignIn,
  ) {}

  /** The issuers one may sign in at: those of the deployment, and of the tenant that the address's domain belongs to. */
  @Post('options')
  @HttpCode(200)
  @Public()
  @Unaudited('reads, and keeps nothing')
  async options(@Body() { email }: SignInOptionsBody): Promise<{ items: SignInOption[] }> {
    return { items: await this.starting.options(email) };
  }

  /**
   * Begins a sign-in in this browser (a cookie of ten minutes). Send the browser to `url`; it comes back to `returnTo` with
   * `#sign-in=<ticket>`.
   */
  @Post('start')
  @HttpCode(200)
  @Public()
  @Unaudited('nobody is known yet, and nothing of a tenant changes')
  start(@Body() body: StartBody, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<OidcStart> {
    return inBrowser(request, reply, this.starting.base, (browser) => this.starting.begin(body, browser));
  }

  /** Where issuers send the browser back to. */
  @Get('callback')
  @HttpCode(302)
  @Header('referrer-policy', 'no-referrer')
  @Public()
  @UseGuards(OidcGuard)
  callback(@Query() _whatIssuersSend: Record<string, unknown>, @Req() { user }: FastifyRequest & { user?: Returned },
    @Res({ passthrough: true }) reply: FastifyReply): void {
    reply.header('location', `${user!.returnTo}#sign-in=${user!.ticket}`);
  }

  /**
   * Ends it with a session, or says why there is none; from the browser that began it, once. With a second factor or several tenants it
   * asks for `code` or `tenantId`: send the same ticket with it.
   */
  @Post('finish')
  @HttpCode(200)
  @Public()
  @Unaudited('AuditHandler hears tenancy.signed-in and tenancy.member-joined; LoginLinks.connectMember audits what it connects')
  finish(@Body() body: FinishBody, @Req() request: FastifyRequest): Promise<SignedIn | Connected> {
    return this.signIn.finish(body, browserOf(request, this.starting.base), callerOf(request));
  }
}
