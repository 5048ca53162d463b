import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Lets pages of these origins read the API from a browser. */
export function allowOrigins(app: NestFastifyApplication, origins: string[]): void {
  app.enableCors({
    origin: origins.includes('*') ? '*' : origins,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'idempotency-key', 'last-event-id', 'traceparent'],
    exposedHeaders: ['x-request-id', 'ratelimit', 'ratelimit-policy', 'retry-after', 'idempotency-replayed'],
    maxAge: 600,
  });
}
