import { NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type CoreConfig, runInFlow, spanStarter } from '#platform/core';
import { RequestGuard } from '../guard/request-guard.js';
import type { EdgeAdapter } from './edge-adapter.js';
import type { HttpConfig } from '../config/http.config.js';
import { Idempotency } from '../idempotency/idempotency.js';
import { spellAddresses } from '../request/address.js';
import { RequestFlow } from '../request/request-flow.js';
import { malformed } from '../request/malformed.js';
import type { TrustedForwarder } from '../request/trusted-forwarder.js';
import { unknownQuery } from '../routes/queries.js';
import { logAccess } from '../traffic/access-log.js';
import { RouteStats } from '../traffic/route-stats.js';
import { inServerSpan } from '../traffic/server-span.js';
import { settleUnreadBody } from './unread-body.js';

interface HookOptions {
  core: CoreConfig;
  http: HttpConfig;
  publicHttp: boolean;
}

/** What the hooks ask; both are given the rest of what they need once the container is built. */
interface RequestHooks {
  guard: RequestGuard;
  idempotency: Idempotency;
}

const SWEEP_MS = 60_000;

/** Routes of the platform itself: all that a process without public HTTP serves. Their successes are no news. */
const PLATFORM_ROUTES = /^\/(health|metrics)(\/|$)/;

/**
 * What every request passes, in one hook before and one after: flow opened, headers set, caller checked; counted and logged. Plain hooks
 * in callback style on purpose: a Nest interceptor costs 4 us a request and a middleware 20, where all of this costs about 5.
 */
export function installRequestHooks(adapter: EdgeAdapter, forwarder: TrustedForwarder,
  { core, http, publicHttp }: HookOptions): RequestHooks {
  const guard = new RequestGuard(http);
  const idempotency = new Idempotency();
  adapter.onStream = idempotency.streamed;
  const sweeping = setInterval(() => guard.sweep(), SWEEP_MS).unref();
  const unknown = new RouteStats('ANY', '(no route)');
  const secure = core.publicUrl?.startsWith('https:') ?? false;
  const { server } = adapter;

  server.decorateRequest('flow', null as never);
  server.addHook('onSend', settleUnreadBody);
  server.addHook('onClose', (_server, done) => {
    clearInterval(sweeping);
    done();
  });
  server.addHook('onRoute', (route) => {
    if (route.method === 'POST' && !route.config?.atollAccess?.public && route.config?.forwardedTo === undefined) {
      route.preHandler = [idempotency.before];
      route.onSend = [idempotency.after];
    }
    route.config = { ...route.config, stats: new RouteStats(String(route.method), route.url), probe: PLATFORM_ROUTES.test(route.url) };
  });

  adapter.setOnRequestHook((request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
    if (http.trustProxy.length > 0) spellAddresses(request.raw.headers);
    const forwarded = forwarder.verify(request.raw);
    const flow = new RequestFlow(request.raw, reply.raw, forwarded);
    request.flow = flow;
    if (forwarded) Object.defineProperty(request, 'ip', { value: forwarded.address });
    reply.header('x-request-id', flow.requestId);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
    if (secure) reply.header('strict-transport-security', 'max-age=31536000');
    const isServed = publicHttp || PLATFORM_ROUTES.test(request.url);
    if (!isServed) return done(new NotFoundException());
    const fault = malformed(request.raw);
    if (fault) return done(fault);
    // Who may enter a forwarded route is decided where it is served: quotas and keys count once.
    const forwards = request.routeOptions.config.forwardedTo !== undefined;
    // Nothing reads the body of a request that nobody serves.
    const entered = (refusal?: Error): void => done(refusal ?? (request.is404 ? adapter.noRoute(request, reply) : unknownQuery(request)));
    const enter = (): void => runInFlow(flow, () => (forwards ? done() : guard.check(request, reply, entered)));
    if (spanStarter()) inServerSpan(request, flow, enter);
    else enter();
  });

  adapter.setOnResponseHook((request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const { flow } = request;
    if (flow) {
      const ms = performance.now() - flow.startedAt;
      const { config } = request.routeOptions;
      (config.stats ?? unknown).add(reply.raw.statusCode, ms);
      logAccess(request, reply, ms, http.accessLog && !config.probe);
      flow.endSpan?.(reply.raw.statusCode);
    }
    done();
  });
  return { guard, idempotency };
}
