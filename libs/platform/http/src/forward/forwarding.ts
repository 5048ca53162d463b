import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { UpstreamAnswer } from '#platform/adapters';
import { AppError, currentTraceparent, type Secrets, span } from '#platform/core';
import type { HttpConfig } from '../http.config.js';
import type { OpenStreams } from '../sse/open-streams.js';
import { Destination } from './destination.js';
import { FORWARDED_HEADER, sealForwarded } from './forwarded-header.js';
import { answerHeaders, requestHeaders } from './headers.js';
import { misdirected } from './misdirected.js';
import { relayStream } from './relay-stream.js';
import { bodyLimitOf, limitedBody, tooLong } from './request-body.js';
import type { DeclaredRoute } from './routes-of.js';

/** A context that another process hosts, and where. */
export interface ForwardedContext {
  context: string;
  /** Base addresses of its replicas, or of what stands before them. */
  urls: URL[];
  routes: DeclaredRoute[];
}

/**
 * Serves the routes of absent contexts by handing each request on to a process that hosts it, which alone decides: who may enter, what is left
 * of a quota, whether a key was used before. Nothing of that is done here a second time. Bodies and answers stream through unread.
 */
export class Forwarding {
  private secrets?: Secrets;
  private readonly destinations: Destination[] = [];

  constructor(private readonly http: HttpConfig, private readonly streams: OpenStreams) {}

  /** Comes from the container, which is built after the server. */
  use(secrets: Secrets | undefined): void {
    this.secrets = secrets;
  }

  install(server: FastifyInstance, contexts: ForwardedContext[]): void {
    for (const { context, urls, routes } of contexts) {
      const destination = new Destination(context, urls, this.http.forwardTimeoutSeconds * 1_000);
      this.destinations.push(destination);
      server.register(async (scope: FastifyInstance) => {
        // Bodies are not this process's to read.
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
        for (const { method, url, config } of routes) {
          scope.route({ method, url, config: { ...config, forwardedTo: context }, handler: (request, reply) => this.forward(destination, request, reply) });
        }
      });
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.destinations.map((destination) => destination.close()));
  }

  private async forward(destination: Destination, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { flow, raw } = request;
    if (flow.forwarded) throw misdirected(destination.context);
    const limit = bodyLimitOf(this.http, raw.headers['content-type']);
    const refusal = tooLong(raw, limit);
    if (refusal) throw refusal;
    const path = pathAndQuery(raw.url);
    const { method } = request;
    const hasBody = bringsBody(request);
    const answer = await span(`forward ${destination.context}`, { 'http.request.method': method, 'atoll.context': destination.context }, async (running) => {
      const headers = { ...requestHeaders(raw.headers, hasBody), traceparent: currentTraceparent() ?? flow.traceparent, [FORWARDED_HEADER]: this.seal(destination.context, method, path, request) };
      const answered = await destination.send({ method, path, headers, signal: flow.signal, ...(hasBody && { body: () => limitedBody(raw, limit) }) });
      running.set({ 'http.response.status_code': answered.status });
      return answered;
    }, { kind: 'client' });
    return this.answer(request, reply, answer);
  }

  private answer(request: FastifyRequest, reply: FastifyReply, answer: UpstreamAnswer): unknown {
    const { status, body } = answer;
    const headers = answerHeaders(answer.headers);
    const isStream = status === 200 && request.method !== 'HEAD' && String(headers['content-type']).startsWith('text/event-stream');
    if (isStream) return relayStream(request, reply, answer, headers, this.streams);
    reply.code(status).headers(headers);
    if (request.method !== 'HEAD' && status !== 204 && status !== 304) return reply.send(body);
    body.resume();
    return reply.send('');
  }

  private seal(context: string, method: string, path: string, { flow, ip }: FastifyRequest): string {
    if (!this.secrets) throw new AppError('internal', 'kernel.no-secrets', 'This process has no secret to sign what it forwards. This is a bug in Atoll.');
    return sealForwarded(this.secrets, method, path, { requestId: flow.requestId, address: ip, context });
  }
}

function bringsBody({ method, raw }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0;
}

/** The request line may hold a whole address (RFC 9112, 3.2.2); only its path is for the other process. */
function pathAndQuery(url: string | undefined): string {
  return url?.startsWith('/') ? url : new URL(url ?? '/', 'http://edge').href.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
}
