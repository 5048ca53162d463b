import { Body, Controller, HttpCode, Post, Req, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Allow, Public } from '#kernel';
import { SessionService, type Tokens } from '../session/session.service.js';
import { currentSession } from '../session/current-session.js';
import { RefreshBody, RegisterBody, SignInBody, SignOutBody } from './auth.bodies.js';
import { PasswordGuard } from './password.guard.js';
import { type Proven, SignInService, type SignedIn } from './sign-in.service.js';

@ApiTags('sign-in')
@Controller('v1/auth')
export class AuthController {
  constructor(
    private readonly signIn: SignInService,
    private readonly sessions: SessionService,
  ) {}

  /** Makes a tenant and its owner, and signs the owner in. Somebody who has registered before uses their password and gets one more tenant. */
  @Post('register')
  @Public()
  register(@Body() body: RegisterBody, @Req() request: FastifyRequest): Promise<SignedIn> {
    return this.signIn.register(body, { ip: request.ip, device: deviceOf(request) });
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  @UseGuards(PasswordGuard)
  login(@Body() { tenantId }: SignInBody, @Req() request: FastifyRequest & { user?: Proven }): Promise<SignedIn> {
    return this.signIn.enter(request.user!, tenantId, deviceOf(request));
  }

  /** Trades a refresh token for a new pair. Each one works once; one that comes back after its successor was used ends the session. */
  @Post('refresh')
  @HttpCode(200)
  @Public()
  refresh(@Body() { refreshToken }: RefreshBody): Promise<Tokens> {
    return this.sessions.refresh(refreshToken);
  }

  /** Ends this session, or with `all` every session of this person. Effective within 5 seconds. */
  @Post('logout')
  @HttpCode(204)
  @Allow()
  async logout(@Body() { all }: SignOutBody): Promise<void> {
    const { sessionId, userId } = currentSession();
    await (all ? this.signIn.leaveEverywhere(userId) : this.sessions.close(sessionId));
  }
}

/** What the client calls itself, shown in the list of sessions. */
function deviceOf(request: FastifyRequest): string | null {
  return request.headers['user-agent']?.slice(0, 256) ?? null;
}
