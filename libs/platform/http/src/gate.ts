import type { FastifyReply, FastifyRequest } from 'fastify';
import { type CoreConfig, logger, runInFlow, type Secrets, spanStarter } from '#platform/core';
import { Admission } from './admission/admission.js';
import type { EdgeAdapter } from './edge-adapter.js';
import { FORWARDED_HEADER, type ForwardedRequest, openForwarded } from './forward/forwarded-header.js';
import type { HttpConfig } from './http.config.js';
import { Idempotency } from './idempotency/idempotency.js';
import { RequestFlow } from './request-flow.js';
import { logAccess } from './traffic/access-log.js';
import { routeStats } from './traffic/route-stats.js';
import { inServerSpan } from './traffic/server-span.js';

export interface Gate {
  admission: Admission;
  idempotency: Idempotency;
  /** With the deployment's secrets, what other processes of the house forward here is believed. */
  believe(secrets: Secrets | undefined): void;
}

const SWEEP_MS = 60_000;

/** Routes of the kernel itself: all that a process without public HTTP serves. Their successes are no news. */
const KERNEL_ROUTES = /^\/(health|metrics)(\/|$)/;

/**
 * What every request passes, in one hook before and one after: flow opened, headers set, caller admitted; counted and logged. Plain hooks
 * in callback style on purpose: a Nest interceptor costs 4 us a request and a middleware 20, where all of this costs about 5.
 */
export function installGate(adapter: EdgeAdapter, core: CoreConfig, http: HttpConfig, publicHttp: boolean): Gate {
  const admission = new Admission(http);
  const idempotency = new Idempotency();
  adapter.onStream = idempotency.streamed;
  const sweeping = setInterval(() => admission.sweep(), SWEEP_MS).unref();
  const house = new House();
  const unknown = routeStats('ANY', '(no route)');
  const secure = core.publicUrl?.startsWith('https:') ?? false;
  const { server } = adapter;

  server.decorateRequest('flow', null as never);
  server.addHook('onClose', (_server, done) => {
    clearInterval(sweeping);
    done();
  });
  server.addHook('onRoute', (route) => {
    if (route.method === 'POST' && !route.config?.atollAccess?.public && route.config?.forwardedTo === undefined) {
      route.preHandler = [idempotency.before];
      route.onSend = [idempotency.after];
    }
    route.config = { ...route.config, stats: routeStats(String(route.method), route.url), probe: KERNEL_ROUTES.test(route.url) };
  });

  adapter.setOnRequestHook((request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
    const forwarded = house.sentBy(request);
    const flow = new RequestFlow(request.raw, reply.raw, forwarded);
    request.flow = flow;
    if (forwarded) Object.defineProperty(request, 'ip', { value: forwarded.address });
    reply.header('x-request-id', flow.requestId);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
    if (secure) reply.header('strict-transport-security', 'max-age=31536000');
    if (!publicHttp && !KERNEL_ROUTES.test(request.url)) return done(Object.assign(new Error('not served here'), { code: 'FST_ERR_NOT_FOUND' }));
    // Who may enter a forwarded route is decided where it is served: quotas and keys count once.
    const forwards = request.routeOptions.config.forwardedTo !== undefined;
    const enter = (): void => runInFlow(flow, () => (forwards ? done() : admission.admit(request, reply, done)));
    if (spanStarter()) inServerSpan(request, flow, enter);
    else enter();
  });

  adapter.setOnResponseHook((request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const { flow } = request;
    if (flow) {
      const ms = performance.now() - flow.startedAt;
      const { config } = request.routeOptions;
      const stats = config.stats ?? unknown;
      stats.add(reply.raw.statusCode, ms);
      logAccess(request, reply, ms, http.accessLog && !config.probe);
      flow.endSpan?.(reply.raw.statusCode);
    }
    done();
  });
  return { admission, idempotency, believe: (secrets) => house.use(secrets) };
}

/** Tells requests that another process of this deployment forwards from those that only say so. */
class House {
  private readonly log = logger('http');
  private secrets?: Secrets;
  private warnedAt = -Infinity;

  use(secrets: Secrets | undefined): void {
    this.secrets = secrets;
  }

  sentBy({ raw }: FastifyRequest): ForwardedRequest | undefined {
    if (raw.headers[FORWARDED_HEADER] === undefined || !this.secrets) return undefined;
    const forwarded = openForwarded(this.secrets, raw);
    if (!forwarded && performance.now() - this.warnedAt > SWEEP_MS) {
      this.warnedAt = performance.now();
      this.log.warn('a request says that another process forwarded it, but its signature is not of this deployment or its time is off by minutes; it is taken for a stranger. Compare ATOLL_SECRET and the clocks of the processes');
    }
    return forwarded;
  }
}
