import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Dispatcher, fetch as undiciFetch } from 'undici';
import { AppError, currentTraceparent, metrics, type RunningSpan, span, spanStarter } from '#platform/core';
import { type EgressAgents, type EgressRules, assertUserUrl, openAgents } from './agents.js';
import { capBody } from './capped-body.js';
import { EgressConfig } from './egress.config.js';
import { Egress, type EgressOptions } from './egress.js';
import { isPublicAddress } from './public-address.js';
import { nextHop } from './redirect.js';

const answered = metrics.counter('atoll_egress_requests_total', 'Requests to other servers, by purpose and outcome',
  ['purpose', 'outcome']);
const seconds = metrics.histogram('atoll_egress_duration_seconds', 'Until the headers of the answer, by purpose', ['purpose']);

const HEADERS_MS = 30_000;
const BODY_MS = 60_000;
const MAX_BYTES = 33_554_432;
const MAX_REDIRECTS = 5;

@Injectable()
export class UndiciEgress extends Egress implements OnApplicationShutdown {
  private readonly agents: EgressAgents;

  private readonly rules: EgressRules;

  /** Specs allow addresses of this machine to stand for the public internet. */
  constructor({ isAllowed = isPublicAddress, ports = new EgressConfig().ports }: Partial<EgressRules> = {}) {
    super();
    this.rules = { isAllowed, ports };
    this.agents = openAgents(this.rules);
  }

  assertOpen(url: URL): void {
    assertUserUrl(url, this.rules);
  }

  fetch(url: string | URL, init: RequestInit | undefined, options: EgressOptions): Promise<Response> {
    return this.send(new URL(url), init ?? {}, options, this.dispatcher(options));
  }

  as(options: EgressOptions): typeof globalThis.fetch {
    const dispatcher = this.dispatcher(options);
    return async (input, init) => {
      if (input instanceof Request) throw new AppError('internal', 'kernel.egress-request',
        'Give the address and an init object to fetch, not a Request. This is a bug in Atoll.');
      return this.send(new URL(input), init ?? {}, options, dispatcher);
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agents.close();
  }

  private async send(url: URL, init: RequestInit, options: EgressOptions, dispatcher: Dispatcher): Promise<Response> {
    const started = performance.now();
    try {
      const response = await span('HTTP ' + (init.method ?? 'GET'),
        { 'server.address': url.hostname, 'url.scheme': url.protocol.slice(0, -1), 'atoll.purpose': options.purpose },
        (running) => this.follow(url, init, options, dispatcher, running), { kind: 'client' });
      answered.inc({ purpose: options.purpose, outcome: response.status < 400 ? 'ok' : `${Math.floor(response.status / 100)}xx` });
      return await capBody(response, options.maxBytes ?? MAX_BYTES);
    } catch (error) {
      answered.inc({ purpose: options.purpose, outcome: init.signal?.aborted ? 'aborted' : 'failed' });
      throw init.signal?.aborted ? error : egressError(error, url);
    } finally {
      seconds.observe({ purpose: options.purpose }, (performance.now() - started) / 1_000);
    }
  }

  /** Redirects are followed here and not by undici, so that every hop passes the same checks as the first. */
  private async follow(first: URL, init: RequestInit, options: EgressOptions, dispatcher: Dispatcher,
    running: RunningSpan): Promise<Response> {
    let hop = { url: first, init: withTrace(init, options) };
    for (let left = options.maxRedirects ?? MAX_REDIRECTS; ; left--) {
      if (options.trust !== 'operator') this.assertOpen(hop.url);
      const response = (await undiciFetch(hop.url, { ...(hop.init as object), redirect: 'manual', dispatcher })) as unknown as Response;
      const next = nextHop(response, hop, options.maxRedirects === 0);
      if (!next) {
        running.set({ 'http.response.status_code': response.status });
        return response;
      }
      await response.body?.cancel();
      if (left <= 0) throw new AppError('unavailable', 'kernel.egress-redirects',
        `${first.hostname} redirects again and again, so the request was given up.`);
      hop = next;
    }
  }

  private dispatcher(options: EgressOptions): Dispatcher {
    const limits = { headersTimeout: options.timeoutMs ?? HEADERS_MS, bodyTimeout: options.bodyTimeoutMs ?? BODY_MS };
    const agent = options.trust === 'operator' ? this.agents.operator : this.agents.user;
    return agent.compose((dispatch) => (request, handler) => dispatch({ ...request, ...limits }, handler));
  }
}

/** The trace goes to servers the operator chose, and to no others. */
function withTrace(init: RequestInit, options: EgressOptions): RequestInit {
  const traceparent = options.trust === 'operator' && spanStarter() ? currentTraceparent() : undefined;
  if (traceparent === undefined) return init;
  const headers = new Headers(init.headers);
  headers.set('traceparent', traceparent);
  return { ...init, headers };
}

function egressError(error: unknown, url: URL): AppError {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof AppError) return at;
    const { code } = at as NodeJS.ErrnoException;
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
      return new AppError('deadline', 'kernel.egress-timeout', `${url.hostname} did not answer in time. Try again later.`,
        { cause: error });
    }
  }
  return new AppError('unavailable', 'kernel.egress-failed',
    `${url.hostname} could not be reached. Check the address, and try again later.`, { cause: error });
}
