import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { logger, redactText } from '#platform/core';
import { asAppError } from './error-mapping.js';
import { PROBLEM_TYPE, type Problem, problemOf } from './problem.js';

const log = logger('http');

/** The problem of one request; what is our fault is logged with its cause, under the same request id. */
export function problemFor(request: FastifyRequest, error: unknown): Problem {
  const mapped = asAppError(error);
  const flow = request.flow as FastifyRequest['flow'] | null;
  if (flow) flow.refused = mapped.reason;
  const problem = problemOf(mapped, { instance: pathOf(request.raw.url), ...(flow && { requestId: flow.requestId }) });
  if (mapped.code === 'internal') log.error({ error: mapped.details.cause ?? mapped, reason: mapped.reason, method: request.method,
    path: loggedPath(request.raw.url) }, 'request failed');
  else if (problem.status >= 500) log.warn({ error: mapped, method: request.method, path: loggedPath(request.raw.url) },
    'request not served');
  return problem;
}

/** The one way an error becomes an answer: used by the hooks, by Fastify's own handlers and by Nest's filter. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
  if (reply.sent || reply.raw.headersSent) return;
  const problem = problemFor(request, error);
  if (typeof problem.retryAfterSeconds === 'number' && !reply.hasHeader('retry-after'))
    reply.header('retry-after', problem.retryAfterSeconds);
  const { problems: view, problemsType = PROBLEM_TYPE } = request.routeOptions?.config ?? {};
  const [type, body] = view ? [problemsType, view(problem)] : [PROBLEM_TYPE, problem];
  reply.code(problem.status).header('content-type', type).send(Buffer.from(JSON.stringify(body)));
}

/** Path without query: a query may hold what a user searched for. */
export function pathOf(url: string | undefined): string {
  const path = url ?? '/';
  const end = path.indexOf('?');
  return (end < 0 ? path : path.slice(0, end)).slice(0, 300);
}

/** The same for logs and traces: a token that somebody put there is cut out, however it is encoded. */
export function loggedPath(url: string | undefined): string {
  const path = pathOf(url);
  const plain = path.includes('%') ? path.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))) : path;
  const clean = redactText(plain);
  return clean === plain ? path : clean;
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), error);
  }
}
