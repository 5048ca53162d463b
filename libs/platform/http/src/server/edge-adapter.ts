import { NotFoundException, StreamableFile } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#platform/core';
import { misdirected } from '../forward/misdirected.js';
import { sendProblem } from '../problems/send-problem.js';
import { MethodsByPath } from '../routes/methods-by-path.js';
import { OpenStreams } from '../sse/open-streams.js';
import { sendStream } from '../sse/send-stream.js';
import { SseAnswer } from '../sse/sse.js';
import { serverOptions } from './server-options.js';
import type { HttpConfig } from '../config/http.config.js';

/** Nest's Fastify adapter with the house's manners: streams, problems, and no route without a declared access. */
export class EdgeAdapter extends FastifyAdapter {
  readonly streams = new OpenStreams();
  /** Routes that say neither @Allow nor @Public; the start refuses them all at once. */
  readonly undeclared: string[] = [];
  private readonly methods = new MethodsByPath();
  /** Contexts whose routes neither stand here nor are forwarded. */
  unserved: string[] = [];
  /** Told before the first byte of a stream leaves. */
  onStream: (request: FastifyRequest, reply: FastifyReply) => Promise<void> = async () => undefined;

  constructor(http: HttpConfig) {
    super(serverOptions(http) as never);
    this.server.addHook('onRoute', (route) => {
      this.methods.add(route.method, route.url);
      // A preflight asks what is allowed and carries no credential by its nature; the CORS plugin answers it.
      if (route.method === 'OPTIONS') route.config = { ...route.config, atollAccess: { public: true, permissions: [] } };
      else if (route.config?.atollAccess === undefined) this.undeclared.push(`${String(route.method)} ${route.url}`);
    });
  }

  get server(): FastifyInstance {
    return this.getInstance<FastifyInstance>();
  }

  assertDeclared(): void {
    if (this.undeclared.length === 0) return;
    throw new AppError('internal', 'kernel.route-without-access',
      `Atoll did not start: these routes do not say who may call them.\n  ${this.undeclared.join('\n  ')}\nPut @Allow('<permission>') ` +
        `or @Public() on each handler.`);
  }

  /** Nest awaits what this returns, so a stream that fails before its first byte is still answered by a problem. */
  override reply(response: FastifyReply, body: unknown, statusCode?: number): never {
    if (body instanceof SseAnswer) return this.stream(response, body) as never;
    if (typeof body === 'string' || body instanceof StreamableFile) asDocument(response);
    return super.reply(response as never, body, statusCode) as never;
  }

  private async stream(reply: FastifyReply, answer: SseAnswer): Promise<void> {
    await this.onStream(reply.request, reply);
    await sendStream(reply.request, reply, answer, this.streams);
  }

  /** Nest would wrap these into its own exception layer; one function answers all errors of the house. */
  override setErrorHandler(): FastifyInstance {
    return this.server.setErrorHandler((error, request, reply) => sendProblem(request, reply, error));
  }

  override setNotFoundHandler(): FastifyInstance {
    return this.server.setNotFoundHandler((request, reply) => sendProblem(request, reply, this.noRoute(request, reply)));
  }

  /** Why there is no route for the request: none has its path, or not with its method, or another process does. */
  noRoute(request: FastifyRequest, reply: FastifyReply): Error {
    const allowed = this.methods.besides(request.method, request.raw.url ?? '/');
    if (allowed.length > 0) {
      reply.header('allow', allowed.join(', '));
      return otherMethod(request.method, allowed);
    }
    if (request.flow?.forwarded) return misdirected(request.flow.forwarded.context);
    if (this.unserved.length === 0) return new NotFoundException();
    return new AppError('not-found', 'kernel.no-route',
      `There is no such route here. This process serves no routes of ${this.unserved.join(', ')}: ask the one that hosts them.`);
  }
}

function otherMethod(method: string, allowed: string[]): AppError {
  return new AppError('method-not-allowed', 'kernel.method',
    `This path is not for ${method}, so nothing was done. It takes ${allowed.join(', ')}.`);
}

/** JSON is never a document; what may be opened as one runs nothing, loads nothing, stands in no frame. A route may have set its own. */
function asDocument(reply: FastifyReply): void {
  if (!reply.hasHeader('content-security-policy'))
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox");
  if (!reply.hasHeader('referrer-policy')) reply.header('referrer-policy', 'no-referrer');
}
