import type { FastifyReply, FastifyRequest } from 'fastify';
import { logLevelEnabled, writeCleanLine } from '#platform/core';
import { loggedPath } from '../problems/send-problem.js';

/** Requests at least this slow are always logged; streams are not slow, they are long. */
const SLOW_MS = 1_000;

let timeMs = 0;
let timeText = '';

function isoNow(): string {
  const now = Date.now();
  if (now !== timeMs) {
    timeMs = now;
    timeText = new Date(now).toISOString();
  }
  return timeText;
}

/**
 * One line a request, in the shape of the other log lines but put together by hand: through pino the same line costs several times as
 * much (docs/benchmarks.md, gateway). Everything in it is ours or was checked, except the path, which is redacted and quoted.
 */
export function logAccess(request: FastifyRequest, reply: FastifyReply, ms: number, everyRequest: boolean): void {
  const status = reply.raw.statusCode;
  const level = status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
  if (!(everyRequest || status >= 400 || (ms >= SLOW_MS && !request.flow.streamed)) || !logLevelEnabled(level)) return;
  const { flow } = request;
  const who = flow.scope ? `,"tenantId":"${flow.scope.tenantId}","actorId":"${flow.scope.actor.id}"` : '';
  const why = flow.refused === undefined ? '' : `,"reason":"${flow.refused}"`;
  writeCleanLine(
    `{"level":"${level}","time":"${isoNow()}","context":"access","requestId":"${flow.requestId}","traceId":"${flow.traceparent.slice(3,
      35)}"${who},"method":"${request.method}","path":${JSON.stringify(
        loggedPath(request.raw.url))},"status":${status},"ms":${Math.round(ms * 100) / 100}${why},"message":"request"}\n`,
  );
}
