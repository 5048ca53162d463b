import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import replyFrom from '@fastify/reply-from';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { UpstreamRequest } from '#platform/adapters';
import { AppError } from '#platform/core';
import type { HttpConfig } from '../config/http.config.js';
import type { OpenStreams } from '../sse/open-streams.js';
import { FORWARDED_HEADER, type TrustedForwarder } from '../request/trusted-forwarder.js';
import { answerHeaders, requestHeaders } from './headers.js';
import { misdirected } from './misdirected.js';
import { relayStream } from './relay-stream.js';
import { Replicas } from './replicas.js';
import { bytesAtMost, limitedBody, tooLong } from './request-body.js';
import type { DeclaredRoute } from '../routes/routes-of.js';

/** A path that means another one after `new URL`: it was routed as it came, and would be signed and sent as what it becomes. */
const STEERING = /^[^?#]*(?:\\|%5c|\/(?:\.|%2e){1,2}(?:[/?#]|$))/i;

/** A context that another process hosts, and where. */
export interface ForwardedContext {
  context: string;
  /** Base addresses of its replicas, or of what stands before them. */
  urls: URL[];
  routes: DeclaredRoute[];
}

/**
 * Serves the routes of absent contexts by handing each request on to a process that hosts it, which alone decides: who may enter, what is
 * left of a quota, whether a key was used before. Nothing of that is done here a second time. Bodies and answers stream through unread.
 */
export class Forwarding {
  /** How many bytes a request that is handed on may bring. */
  private readonly bytes = new WeakMap<object, number>();

  constructor(private readonly http: HttpConfig, private readonly streams: OpenStreams, private readonly forwarder: TrustedForwarder) {}

  install(server: FastifyInstance, contexts: ForwardedContext[]): void {
    for (const { context, urls, routes } of contexts) {
      const replicas = new Replicas(context, urls, this.http.forwardTimeoutSeconds * 1_000);
      server.register(async (scope: FastifyInstance) => {
        // Bodies are not this process's to read.
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
        await scope.register(replyFrom, { undici: this.clientOf(replicas) as never, disableCache: true, disableRequestLogging: true });
        scope.addHook('onClose', () => replicas.close());
        const handler = (request: FastifyRequest, reply: FastifyReply): void => this.forward(replicas, request, reply);
        for (const { method, url, config } of routes) scope.route({ method, url, config: { ...config, forwardedTo: context }, handler });
      });
    }
  }

  /** What reply-from calls as undici's `request`, once for each try; each reads what is left of the body by itself. */
  private clientOf(replicas: Replicas): object {
    const request = ({ method, path, headers, body }: UpstreamRequest, callback: (error: unknown, answer?: object) => void): void => {
      const limited = body ? limitedBody(body as IncomingMessage, this.bytes.get(body as object)!) : null;
      replicas.send({ method, path, headers, body: limited as never }).then((answer) => callback(null, answer)).catch(callback);
    };
    return { request };
  }

  private forward(replicas: Replicas, request: FastifyRequest, reply: FastifyReply): void {
    const { raw, method, body, flow, ip } = request;
    if (flow.forwarded) throw misdirected(replicas.context);
    const most = bytesAtMost(request, this.http);
    const refusal = tooLong(raw, most);
    if (refusal) throw refusal;
    this.bytes.set(raw, most);
    if (STEERING.test(raw.url ?? '')) throw new AppError('invalid', 'kernel.path',
      'The path has a backslash or a dot segment, which servers read differently. Nothing was done. Send the path itself.');
    // The request line may hold a whole address (RFC 9112, 3.2.2); only its path is for the other process.
    const { pathname, search } = new URL(raw.url ?? '/', 'http://edge');
    const seal = this.forwarder.seal(method, pathname + search, { requestId: flow.requestId, address: ip, context: replicas.context });
    reply.from(pathname, {
      getUpstream: () => `http://${replicas.context}`,
      queryString: () => search.slice(1),
      rewriteRequestHeaders: (_request, headers) => ({ ...requestHeaders(headers, Boolean(body)), [FORWARDED_HEADER]: seal }),
      rewriteHeaders: answerHeaders,
      retryDelay: ({ err, attempt }) => replicas.retryDelay(method, err, attempt),
      onResponse: (_request, _reply, answer) => this.answer(request, reply, answer.stream),
      onError: (_reply, { error }) => void reply.send(error.cause ?? error),
    });
  }

  private answer(request: FastifyRequest, reply: FastifyReply, body: Readable): void {
    const isEvents = String(reply.getHeader('content-type')).startsWith('text/event-stream');
    if (isEvents && reply.statusCode === 200 && request.method !== 'HEAD') relayStream(request, reply, body, this.streams);
    else void reply.send(body);
  }
}
