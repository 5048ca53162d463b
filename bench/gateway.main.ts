import 'reflect-metadata';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Global, Module } from '@nestjs/common';
import { fastify } from 'fastify';
import { Allow, Authenticator, HttpConfig, openEdge, type Principal } from '#platform/http';
import { CoreConfig, current, ObservabilityConfig } from '#platform/core';

/** One subject of the gateway bench in a process of its own: `raw`, `fastify` or `atoll`. Tells its port, and its CPU time when asked. */
const BODY = { id: '01900000-0000-7000-8000-000000000001', name: 'one thing', amount: 3 };

@Controller('v1/thing')
class ThingController {
  @Get()
  @Allow('bench.things.read')
  thing(): object {
    return { ...BODY, tenant: current().tenantId };
  }
}

/** The token is verified once in five seconds, so what this costs does not show; that it is asked at all does. */
class BenchAuthenticator extends Authenticator {
  async authenticate(): Promise<Principal> {
    return { tenantId: BODY.id, credentialId: 'bench',
      actor: { kind: 'user', id: BODY.id, roles: ['member'], permissions: ['bench.things.read', 'bench.things.write'] } };
  }
}

async function startRaw(): Promise<number> {
  const text = JSON.stringify({ ...BODY, tenant: BODY.id });
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) });
    response.end(JSON.stringify({ ...BODY, tenant: BODY.id }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function startFastify(): Promise<number> {
  const server = fastify();
  server.get('/v1/thing', async () => ({ ...BODY, tenant: BODY.id }));
  await server.listen({ port: 0, host: '127.0.0.1' });
  return (server.server.address() as AddressInfo).port;
}

async function startAtoll(accessLog: boolean): Promise<number> {
  const core = Object.assign(new CoreConfig(), { environment: 'production', port: 0 });
  const http = Object.assign(new HttpConfig(), { docs: false, ratePerMinute: 1e9, accessLog });

  @Global()
  @Module({
    controllers: [ThingController],
    providers: [{ provide: Authenticator, useClass: BenchAuthenticator }, { provide: CoreConfig, useValue: core }],
    exports: [Authenticator, CoreConfig],
  })
  class BenchModule {}

  const edge = await openEdge({ core, http, observability: new ObservabilityConfig(), imports: [BenchModule], publicHttp: true });
  return Number(new URL(await edge.listen()).port);
}

const starts: Record<string, () => Promise<number>> = { raw: startRaw, fastify: startFastify, atoll: () => startAtoll(true),
  'atoll-quiet': () => startAtoll(false) };
const port = await starts[process.argv[2]!]!();
process.on('message', () => process.send!({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss }));
process.send!({ port });
