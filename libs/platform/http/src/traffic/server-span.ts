import type { FastifyRequest } from 'fastify';
import { spanStarter } from '#platform/core';
import type { RequestFlow } from '../request/request-flow.js';
import { loggedPath } from '../problems/send-problem.js';

/**
 * Runs `work` inside the server span of one request (while tracing is on), under the caller's trace where it sent one; names follow
 * OpenTelemetry's HTTP conventions.
 */
export function inServerSpan(request: FastifyRequest, flow: RequestFlow, work: () => void): void {
  const { method } = request;
  const route = request.routeOptions.url;
  const span = spanStarter()!.open(
    route === undefined ? method : `${method} ${route}`,
    {
      'http.request.method': method,
      'url.path': loggedPath(request.raw.url),
      'url.scheme': request.protocol,
      'client.address': request.ip,
      ...(route !== undefined && { 'http.route': route }),
    },
    { kind: 'server', ...(flow.callerTrace !== undefined && { parent: flow.callerTrace }) },
  );
  flow.traceparent = span.traceparent;
  flow.endSpan = (status) => {
    span.set({
      'http.response.status_code': status,
      'atoll.request_id': flow.requestId,
      ...(flow.scope && { 'atoll.tenant_id': flow.scope.tenantId }),
      ...(flow.refused !== undefined && { 'error.type': flow.refused }),
    });
    span.end(status >= 500);
  };
  span.within(work);
}
