import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, keyOf, holds } from '#platform/core';
import type { RouteAccess } from '../routes/access.js';
import type { HttpConfig } from '../config/http.config.js';
import { networkOf } from '../request/address.js';
import { type Authenticator, type Principal, requestOrigin } from '../request/principal.js';
import { type Allowance, PrincipalQuotas } from './principal-quotas.js';
import { Quota } from './quota.js';
import type { RateVerdict } from './rate-limit.js';
import type { SharedRates } from './shared-rates.js';
import { type VerifiedCaller, TokenCache } from './token-cache.js';

type Done = (error?: Error) => void;

const MAX_TOKEN_LENGTH = 8_192;

/**
 * Decides in Fastify's onRequest hook, before a body is read, who may enter a route: callback style and synchronous for a token that was
 * verified within the last 5 seconds, because this is paid by every request of the house.
 */
export class RequestGuard {
  private readonly tokens = new TokenCache();
  private readonly verifying = new Map<string, Promise<VerifiedCaller>>();
  private readonly callers: Quota;
  private readonly anonymous: Quota;
  private readonly own = new PrincipalQuotas();
  private authenticator?: Authenticator;

  constructor(config: HttpConfig) {
    this.callers = new Quota('caller', config.ratePerMinute);
    this.anonymous = new Quota('address', config.publicRatePerMinute);
  }

  /** Come from the container, which is built after the server. */
  use(authenticator: Authenticator | undefined, rates?: SharedRates): void {
    this.authenticator = authenticator;
    this.callers.share(rates);
    this.anonymous.share(rates);
    this.own.share(rates);
  }

  check(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const access = request.routeOptions.config.atollAccess;
    if (access === undefined ? request.is404 : access.public) return this.checkAnonymous(request, reply, done);
    if (access === undefined) return done(undeclared(request));
    const now = request.flow.startedAt;
    const token = bearer(request.raw.headers.authorization);
    if (token === undefined) return done(unauthenticated(reply));
    const known = this.tokens.get(token, now);
    if (known) return this.enter(known, access, request, reply, now, done);
    const address = this.anonymous.state(networkOf(request.ip));
    const verify = (): void => void this.verify(token).then(
      (caller) => this.enter(caller, access, request, reply, performance.now(), done),
      (error: unknown) => {
        if (error instanceof AppError && error.code === 'unauthenticated') {
          if (!this.anonymous.off) this.anonymous.decide(address, now, () => undefined);
          reply.header('www-authenticate', 'Bearer realm="atoll", error="invalid_token"');
        }
        done(error as Error);
      },
    );
    if (this.anonymous.off) verify();
    else this.anonymous.decide(address, now, (verdict) => (verdict.left < 0 ? done(limited(verdict, reply)) : verify()), false);
  }

  /** Their next request is verified anew. */
  forget(subjects: ReadonlySet<string>): void {
    this.tokens.forget(subjects);
  }

  /** Called once in a while: forgets stale tokens. */
  sweep(): void {
    this.tokens.sweep();
  }

  private checkAnonymous(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    if (this.anonymous.off) return done();
    take([{ quota: this.anonymous, state: this.anonymous.state(networkOf(request.ip)) }], request.flow.startedAt, reply, done);
  }

  private enter(caller: VerifiedCaller, access: RouteAccess, request: FastifyRequest, reply: FastifyReply, now: number, done: Done): void {
    const { principal, allowances } = caller;
    request.flow.scope = principal;
    if (principal.origin !== undefined && requestOrigin(request.raw.headers) !== principal.origin) return done(elsewhere());
    const rateClass = request.routeOptions.config.atollRateClass;
    const counts = ({ routes }: Allowance): boolean => routes === undefined || routes === rateClass;
    const counted = allowances.every(counts) ? allowances : allowances.filter(counts);
    if (counted.length === 0) return done(refused(principal, access, reply));
    take(counted, now, reply, (refusal) => done(refusal ?? refused(principal, access, reply)));
  }

  /** Concurrent requests with the same new token are verified once. */
  private verify(token: string): Promise<VerifiedCaller> {
    let running = this.verifying.get(token);
    if (!running) {
      running = this.verifyOnce(token).finally(() => this.verifying.delete(token));
      this.verifying.set(token, running);
    }
    return running;
  }

  private async verifyOnce(token: string): Promise<VerifiedCaller> {
    if (!this.authenticator) throw noAuthenticator();
    const principal = await this.authenticator.authenticate({ scheme: 'bearer', token });
    const key = keyOf(principal.tenantId, 'kernel', 'rate', principal.credentialId);
    const caller = this.callers.off ? [] : [{ quota: this.callers, state: this.callers.state(key) }];
    return this.tokens.set(token, principal, [...this.own.of(principal), ...caller], performance.now());
  }
}

/** Takes one request of each quota, in order, and tells the caller all of them; ends with an error at the first that is used up. */
function take(allowances: Allowance[], now: number, reply: FastifyReply, done: Done, verdicts: RateVerdict[] = []): void {
  const { quota, state } = allowances[verdicts.length]!;
  quota.decide(state, now, (verdict) => {
    verdicts.push(verdict);
    if (verdict.left >= 0 && verdicts.length < allowances.length) return take(allowances, now, reply, done, verdicts);
    const left = verdicts.map((one) => `"${one.by.name}";r=${Math.max(0, one.left)};t=${one.resetSeconds}`);
    reply.header('ratelimit', left.join(', '));
    reply.header('ratelimit-policy', verdicts.map(({ by }) => by.policy).join(', '));
    done(verdict.left < 0 ? limited(verdict, reply) : undefined);
  });
}

function limited(verdict: RateVerdict, reply: FastifyReply): AppError {
  const refusal = verdict.by.refusal(verdict);
  reply.header('retry-after', verdict.retryAfterSeconds);
  return refusal;
}

function refused(principal: Principal, access: RouteAccess, reply: FastifyReply): AppError | undefined {
  const { kind, permissions } = principal.actor;
  if (access.permissions.length === 0) return kind === 'visitor' || kind === 'operator' ? notForThem(kind) : undefined;
  return holds(permissions, access.permissions) ? undefined : forbidden(principal, access, reply);
}

function noAuthenticator(): AppError {
  const what = 'This process hosts no context that can verify a credential.';
  const todo = 'Host tenancy here (ATOLL_CONTEXTS), or set REDIS_URL so that it can be asked.';
  return new AppError('unavailable', 'kernel.no-authenticator', `${what} ${todo}`);
}

function elsewhere(): AppError {
  const what = 'This token belongs to one web page and was sent from elsewhere, so nothing was done.';
  return new AppError('forbidden', 'kernel.other-origin', `${what} Get a token of its own for the page that asks.`);
}

/** Routes that ask for no permission are for members and their keys; who is only let in to one thing does not get them on top. */
function notForThem(kind: string): AppError {
  const text = `This is for the people of a tenant and their keys, not for a ${kind}. Sign in to the tenant.`;
  return new AppError('forbidden', 'kernel.members-only', text);
}

function bearer(header: string | undefined): string | undefined {
  if (header === undefined || header.length > MAX_TOKEN_LENGTH || header.length < 8) return undefined;
  const scheme = header.slice(0, 7);
  return scheme === 'Bearer ' || scheme.toLowerCase() === 'bearer ' ? header.slice(7).trim() || undefined : undefined;
}

function unauthenticated(reply: FastifyReply): AppError {
  reply.header('www-authenticate', 'Bearer realm="atoll"');
  const message = 'This route needs a signed-in caller. Send "Authorization: Bearer <access token or API key>".';
  return new AppError('unauthenticated', 'kernel.unauthenticated', message);
}

function forbidden(principal: Principal, access: RouteAccess, reply: FastifyReply): AppError {
  const missing = access.permissions.filter((permission) => !principal.actor.permissions.includes(permission));
  reply.header('www-authenticate', `Bearer realm="atoll", error="insufficient_scope", scope="${missing.join(' ')}"`);
  const what = `You are signed in, but may not do this: it needs ${missing.join(' and ')}.`;
  const todo = 'Ask an administrator of your tenant for a role, or use a key with that scope.';
  return new AppError('forbidden', 'kernel.forbidden', `${what} ${todo}`, { missing });
}

/** The process does not start with such a route; should one come in another way, it stays shut. */
function undeclared(request: FastifyRequest): AppError {
  const route = `${request.method} ${request.routeOptions.url}`;
  const text = `${route} says neither @Allow nor @Public. This is a bug in Atoll; the route stays shut.`;
  return new AppError('internal', 'kernel.route-without-access', text);
}
