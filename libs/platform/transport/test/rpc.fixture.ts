import { type INestApplicationContext, type INestMicroservice, type Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { Redis } from 'ioredis';
import { type Contract, NestLogger, Secrets } from '#platform/core';
import { EnvelopeDeserializer, EnvelopeSerializer } from '../src/rpc/envelope.js';
import { RedisStreamsClient } from '../src/rpc/redis-streams.client.js';
import { RedisStreamsServer, type StreamsServerOptions } from '../src/rpc/redis-streams.server.js';
import { rpcController } from '../src/rpc/rpc-controller.js';
import { RpcConfig } from '../src/rpc/rpc.config.js';
import { RpcModule, startRpc } from '../src/rpc/rpc.module.js';
import { RedisConfig } from '../src/redis/redis.config.js';

export const tenant = {
  tenantId: '018f0000-0000-7000-8000-000000000001',
  actor: { kind: 'user' as const, id: '018f0000-0000-7000-8000-0000000000aa', roles: ['owner'], permissions: ['*'] },
};
export const secrets = new Secrets('a root secret for this spec only, 32+');
export const CLAIM_IDLE_MS = 600;

/** A contract and what answers for it here. */
export type Hosted = [contract: Contract<never>, service: object];

export interface EndOptions {
  connect: () => Redis;
  secrets?: Secrets;
  limit?: number;
  concurrency?: number;
  claimIdleMs?: number;
}

type Envelope = Pick<StreamsServerOptions, 'serializer' | 'deserializer'>;

function envelope({ secrets: signer = secrets, limit = 1_000_000 }: EndOptions): Envelope {
  return { serializer: new EnvelopeSerializer(signer, limit), deserializer: new EnvelopeDeserializer(signer) };
}

export function rpcServer(contexts: string[], options: EndOptions): RedisStreamsServer {
  const { connect, concurrency = 50, claimIdleMs = CLAIM_IDLE_MS } = options;
  return new RedisStreamsServer({ connect, listen: connect, contexts, concurrency, claimIdleMs, ...envelope(options) });
}

export function rpcClient(options: EndOptions): RedisStreamsClient {
  const { connect } = options;
  return new RedisStreamsClient({ connect, listen: connect, streamLength: 10_000, ...envelope(options) });
}

/** A Nest microservice that answers for these contracts through `strategy`, already listening. */
export async function listenWith(strategy: RedisStreamsServer, hosted: Hosted[], controllers: Type[] = []): Promise<INestMicroservice> {
  const module = await Test.createTestingModule({
    controllers: [...hosted.map(([contract]) => rpcController(contract as Contract)), ...controllers],
    providers: hosted.map(([{ token }, useValue]) => ({ provide: token, useValue })),
  }).compile();
  const app = module.createNestMicroservice({ strategy, logger: new NestLogger() });
  await app.listen();
  return app;
}

export interface RpcPod {
  app: INestApplicationContext;
  remote<T extends object>(contract: Contract<T>): T;
  close(): Promise<void>;
}

/** A process as production wires it: it hosts some contracts and calls others. */
export async function openRpcPod(redis: { url: string; ca?: string }, hosted: Hosted[], elsewhere: Contract<never>[]): Promise<RpcPod> {
  const settings = [
    { provide: RedisConfig, useValue: Object.assign(new RedisConfig(), { redisUrl: redis.url, redisCa: redis.ca }) },
    { provide: RpcConfig, useValue: Object.assign(new RpcConfig(), { takeoverMs: CLAIM_IDLE_MS }) },
    { provide: Secrets, useValue: secrets },
  ];
  const services = hosted.map(([{ token }, useValue]) => ({ provide: token, useValue }));
  const wiring = { module: class {}, global: true, providers: [...settings, ...services], exports: [RedisConfig, RpcConfig, Secrets] };
  const rpc = RpcModule.over(hosted.map(([contract]) => contract as Contract), elsewhere as Contract[]);
  const module = await Test.createTestingModule({ imports: [wiring, rpc] }).compile();
  const app = module.createNestApplication(new FastifyAdapter(), { logger: new NestLogger() });
  await app.init();
  await startRpc(app);
  return { app, remote: ({ token }) => app.get(token as never, { strict: false }), close: () => app.close() };
}
