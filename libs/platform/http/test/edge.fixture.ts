import { Body, Controller, type DynamicModule, Get, HttpCode, Param, Post, type Provider, Query, StreamableFile,
  type Type } from '@nestjs/common';
import { Type as Typed } from 'class-transformer';
import type { FastifyInstance } from 'fastify';
import { IsInt, IsString, MaxLength, Min, ValidateNested } from 'class-validator';
import { AppError, CoreConfig, current, currentFlow, ObservabilityConfig } from '#platform/core';
import { Allow, Public, RateClass } from '../src/routes/access.js';
import { HttpConfig } from '../src/config/http.config.js';
import { type Absent, type Edge, openEdge } from '../src/server/open-edge.js';
import { type Page, pageOf, PageQuery } from '#platform/database';
import { ProblemsAs } from '../src/problems/problem.js';
import { Authenticator, type Principal } from '../src/request/principal.js';
import { IdParam } from '../src/body/validation.js';

/** Tenants of the specs; a token is `<tenant letter>:<permissions>`, and `:<quotas>` where it brings some. */
export const TENANTS: Record<string, string> = { a: '01900000-0000-7000-8000-00000000000a', b: '01900000-0000-7000-8000-00000000000b' };

/** Verifies tokens like `a:things.read,things.write` and counts how often it was asked. */
export class FakeAuthenticator extends Authenticator {
  asked = 0;
  delayMs = 0;
  readonly revoked = new Set<string>();
  /** What another process says has ended. */
  readonly notices: { id: string; subject: string }[] = [];
  looks = 0;

  async authenticate({ token }: { token: string }): Promise<Principal> {
    this.asked += 1;
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    const [tenant, permissions, quotas] = token.split(':');
    const tenantId = TENANTS[tenant ?? ''];
    if (tenantId === undefined || this.revoked.has(token))
      throw new AppError('unauthenticated', 'tenancy.token', 'The token is not valid. Sign in again.');
    return { tenantId, credentialId: `credential-${token}`,
      actor: { kind: 'user', id: `user-${tenant}`, roles: [], permissions: permissions ? permissions.split(',') : [] },
      quotas: quotasOf(tenant!, quotas) };
  }

  override async ended(): Promise<{ id: string; subject: string }[]> {
    this.looks += 1;
    return this.notices;
  }
}

/** `a::tenant=3,answers=1`: what follows the permissions. */
function quotasOf(id: string, text = ''): Principal['quotas'] {
  return text.split(',').filter((one) => one !== '')
    .map((one) => ({ name: one.split('=')[0]!, id, perMinute: Number(one.split('=')[1]),
      ...(one.startsWith('answers') && { routes: 'answers' }) }));
}

class Part {
  @IsInt() @Min(1)
  amount: number;
}

class Thing {
  @IsString() @MaxLength(10)
  name: string;

  @ValidateNested() @Typed(() => Part)
  part: Part;
}

@Controller('things')
export class ThingController {
  @Get()
  @Allow('things.read')
  list(@Query() page: PageQuery): Promise<Page<number>> {
    const read = ({ number: after = 0 }, limit: number) =>
      Array.from({ length: Math.min(limit, 45 - after) }, (_, at) => ({ number: after + at + 1 }));
    return pageOf<{ number: number }, number>(page, { number: 'number' }, async (after, limit) => read(after, limit),
      ({ number }) => number);
  }

  @Get('mine')
  @Allow()
  mine(): object {
    const { tenantId, actor } = current();
    return { tenantId, actor: actor.id, requestId: currentFlow()?.requestId, traceparent: currentFlow()?.traceparent };
  }

  @Get('costly')
  @Allow()
  @RateClass('answers')
  costly(): object {
    return {};
  }

  @Get('broken')
  @Public()
  broken(): never {
    throw new Error('password=hunter2 in a stack');
  }

  @Get('text')
  @Public()
  text(): string {
    return '<script>';
  }

  @Get('file')
  @Public()
  file(): StreamableFile {
    return new StreamableFile(Buffer.from('<svg/>'), { type: 'image/svg+xml' });
  }

  @Get('open')
  @Public()
  open(): object {
    return { tenant: currentFlow()?.scope?.tenantId ?? null };
  }

  @Get(':id')
  @Allow('things.read')
  one(@Param('id', new IdParam('thing')) id: string): object {
    return { id };
  }

  @Post('foreign')
  @Allow('things.write')
  @ProblemsAs(({ status, detail }) => ({ fault: { status, detail } }))
  foreign(@Body() thing: Thing): object {
    return thing;
  }

  @Post()
  @HttpCode(201)
  @Allow('things.write')
  make(@Body() thing: Thing): object {
    return { name: thing.name, amount: thing.part.amount };
  }
}

/** Controllers and a fake tenancy, to be hosted beside the platform. */
export function fixtureModule(authenticator: FakeAuthenticator, controllers: Type[], providers: Provider[] = []): DynamicModule {
  class FixtureModule {}
  const own: Provider[] = [{ provide: Authenticator, useValue: authenticator }, ...providers];
  return { module: FixtureModule, global: true, controllers, providers: own, exports: own };
}

export interface EdgeFixture {
  edge: Edge;
  server: FastifyInstance;
  authenticator: FakeAuthenticator;
}

export interface FixtureOptions {
  controllers?: Type[];
  providers?: Provider[];
  core?: Partial<CoreConfig>;
  http?: Partial<HttpConfig>;
  observability?: Partial<ObservabilityConfig>;
  publicHttp?: boolean;
  absent?: Absent;
}

/** An edge without database or contexts: the platform's HTTP manners alone, over the given controllers. */
export async function edgeFixture(options: FixtureOptions = {}): Promise<EdgeFixture> {
  const authenticator = new FakeAuthenticator();
  const core = Object.assign(new CoreConfig(), { environment: 'test', logLevel: 'silent', port: 0, ...options.core });
  const http = Object.assign(new HttpConfig(), { docs: false, ...options.http });
  const observability = Object.assign(new ObservabilityConfig(), options.observability);
  const module = fixtureModule(authenticator, options.controllers ?? [ThingController],
    [{ provide: CoreConfig, useValue: core }, { provide: HttpConfig, useValue: http }, ...(options.providers ?? [])]);
  const edge = await openEdge({ core, http, observability, imports: [module], publicHttp: options.publicHttp ?? true,
    absent: options.absent });
  return { edge, authenticator, server: edge.app.getHttpAdapter().getInstance() as FastifyInstance };
}

export function as(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
