import { Controller, Get, HttpCode, type OnModuleDestroy, Post, Query, Req, Res } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, CoreConfig, holds, Secrets, withDeadline } from '#platform/core';
import { Allow, Authenticator, Public } from '#platform/http';
import { Unaudited } from '#platform/privacy';
import { RedisConfig } from '#platform/transport';
import type { BullBoard } from './bull-board.js';

export interface QueuePageLink {
  /** For the browser that made this request: it has the cookie. */
  url: string;
  expiresAt: string;
}

const PATH = '/operator/queues';
const PURPOSE = 'kernel.queue-page';
const COOKIE = 'atoll-queues';
const SECONDS = 900;
const PATIENCE_MS = 5_000;
/** Scripts of this origin only; bull-board has styles in its page. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/** The queues of the deployment, to be looked at by its operators. A browser's page sends no bearer token: a cookie stands in for it. */
@ApiTags('operators')
@Controller()
export class QueuePageController implements OnModuleDestroy {
  private board?: Promise<BullBoard>;

  constructor(
    private readonly core: CoreConfig,
    private readonly redis: RedisConfig,
    private readonly secrets: Secrets,
    private readonly modules: ModuleRef,
  ) {}

  /** Opens the page of the queues to this browser for 15 minutes, or until you sign out. There is one where REDIS_URL is set. */
  @Post('v1/operator/queues')
  @HttpCode(200)
  @Allow('operator.queues.read')
  @Unaudited('it opens a page that changes nothing, and an operator is in no tenant')
  open(@Req() { headers }: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): QueuePageLink {
    if (!this.redis.redisUrl) throw new AppError('not-found', 'kernel.no-queue-page',
      'REDIS_URL is not set, so the queues are in the memory of a process and there is no page that shows them.');
    const expires = Date.now() + SECONDS * 1_000;
    const value = this.secrets.seal(PURPOSE, `${expires} ${headers.authorization!.slice('Bearer '.length).trim()}`);
    const secure = this.core.production ? '; Secure' : '';
    reply.header('set-cookie', `${COOKIE}=${value}; Path=${PATH}; HttpOnly; SameSite=Strict; Max-Age=${SECONDS}${secure}`);
    return { url: `${this.core.publicUrl ?? ''}${PATH}`, expiresAt: new Date(expires).toISOString() };
  }

  /** bull-board, for a browser with the cookie; to any other an unknown page. */
  @Get('operator/queues*')
  @Public()
  @ApiExcludeEndpoint()
  async show(@Query() _ofTheBoard: Record<string, unknown>, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!(await this.mayLook(request.headers.cookie))) return reply.callNotFound();
    const { status, type, body } = await withDeadline(this.part(request.url), PATIENCE_MS, silent);
    if (status === 404) return reply.callNotFound();
    await reply.code(status).header('content-security-policy', POLICY).header('referrer-policy', 'no-referrer').type(type).send(body);
  }

  async onModuleDestroy(): Promise<void> {
    (await this.board)?.close();
  }

  private async part(url: string): ReturnType<BullBoard['get']> {
    this.board ??= import('./bull-board.js').then(({ openBullBoard }) => openBullBoard(PATH, this.redis));
    return (await this.board).get(url);
  }

  /** Whoever asked for the cookie still may: the token in it is verified as if it came by itself. */
  private async mayLook(cookies = ''): Promise<boolean> {
    const token = this.tokenIn(new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]+)`).exec(cookies)?.[1]);
    if (!this.redis.redisUrl || token === undefined) return false;
    try {
      const { actor } = await this.modules.get(Authenticator, { strict: false }).authenticate({ scheme: 'bearer', token });
      return holds(actor.permissions, ['operator.queues.read']);
    } catch (error) {
      if (error instanceof AppError && error.code === 'unauthenticated') return false;
      throw error;
    }
  }

  /** Undefined for what is not of this deployment, or too old. */
  private tokenIn(cookie: string | undefined): string | undefined {
    try {
      const [expires, token] = this.secrets.open(PURPOSE, cookie ?? '').toString().split(' ');
      return Number(expires) > Date.now() ? token : undefined;
    } catch {
      return undefined;
    }
  }
}

function silent(): AppError {
  return new AppError('unavailable', 'kernel.queues-silent', 'Redis did not answer, so the queues cannot be shown. Try again in a moment.');
}
