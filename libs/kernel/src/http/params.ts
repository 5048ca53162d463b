import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

function requestOf(context: ExecutionContext): FastifyRequest {
  return context.switchToHttp().getRequest<FastifyRequest>();
}

/** Whether the caller asked for a stream (`Accept: text/event-stream`) rather than for one JSON answer. */
export const WantsStream = createParamDecorator((_: unknown, context: ExecutionContext): boolean => requestOf(context).headers.accept?.includes('text/event-stream') ?? false);

/** Where a reader goes on: the `id:` of the last event it saw, from the Last-Event-ID header; undefined for a first visit or what is no id. */
export const LastEventId = createParamDecorator((_: unknown, context: ExecutionContext): number | undefined => {
  const header = requestOf(context).headers['last-event-id'];
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
});
