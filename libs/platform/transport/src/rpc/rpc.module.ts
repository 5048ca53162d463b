import { type DynamicModule, Global, type INestApplication, Module } from '@nestjs/common';
import { ClientsModule, type CustomStrategy } from '@nestjs/microservices';
import type { Redis } from 'ioredis';
import { type Contract, logger, Secrets } from '#platform/core';
import { openRedis, openSubscriber, type RedisClient } from '../redis/redis-client.js';
import { RedisConfig } from '../redis/redis.config.js';
import type { RedisLinkOptions } from '../redis/redis-link.js';
import { EnvelopeDeserializer, EnvelopeSerializer } from './envelope.js';
import { RedisStreamsClient } from './redis-streams.client.js';
import { RedisStreamsServer } from './redis-streams.server.js';
import { remoteClient } from './remote-client.js';
import { rpcController } from './rpc-controller.js';
import { RpcConfig } from './rpc.config.js';

const RPC_CLIENT = Symbol('atoll.rpc-client');
const RPC_SERVER = Symbol('atoll.rpc-server');

/** Calls waiting in one context's stream at most; nobody takes the oldest of so many before its deadline. */
const STREAM_LENGTH = 100_000;

const SETTINGS = [RedisConfig, RpcConfig, Secrets];

/** Binds the contracts of contexts elsewhere to remote clients, and has a message pattern for each call of the contexts hosted here. */
@Global()
@Module({})
export class RpcModule {
  static over(hosted: Contract[], elsewhere: Contract[]): DynamicModule {
    const client = ClientsModule.registerAsync([{ name: RPC_CLIENT, inject: SETTINGS, useFactory: clientOptions }]);
    return {
      module: RpcModule,
      imports: elsewhere.length > 0 ? [client] : [],
      controllers: hosted.map(rpcController),
      providers: [
        { provide: RPC_SERVER, inject: SETTINGS, useFactory: (...settings: Settings) => serverOf(hosted, settings) },
        ...elsewhere.map((contract) => ({
          provide: contract.token,
          inject: [RPC_CLIENT],
          useFactory: (client: RedisStreamsClient) => remoteClient(contract, client),
        })),
      ],
      exports: elsewhere.map(({ token }) => token),
    };
  }
}

/**
 * Starts to answer other processes, as a microservice of `app` that stops with it; nothing where REDIS_URL is not set or no context is
 * hosted. `app` holds a `RpcModule` and is initialised.
 */
export async function startRpc(app: INestApplication): Promise<void> {
  const strategy = app.get<RedisStreamsServer | undefined>(RPC_SERVER, { strict: false });
  if (!strategy) return;
  app.connectMicroservice<CustomStrategy>({ strategy });
  await app.startAllMicroservices();
}

type Settings = [redis: RedisConfig, rpc: RpcConfig, secrets: Secrets];

function serverOf(hosted: Contract[], [redis, rpc, secrets]: Settings): RedisStreamsServer | undefined {
  if (redis.redisUrl === undefined || hosted.length === 0) return undefined;
  return new RedisStreamsServer({
    ...linkOptions(redis, 'queue'),
    contexts: hosted.map(({ name }) => name),
    concurrency: rpc.callConcurrency,
    claimIdleMs: rpc.takeoverMs,
    serializer: new EnvelopeSerializer(secrets, rpc.callLimit),
    deserializer: new EnvelopeDeserializer(secrets),
  });
}

function clientOptions(redis: RedisConfig, rpc: RpcConfig, secrets: Secrets) {
  return {
    customClass: RedisStreamsClient,
    options: {
      ...linkOptions(redis),
      streamLength: STREAM_LENGTH,
      serializer: new EnvelopeSerializer(secrets, rpc.callLimit),
      deserializer: new EnvelopeDeserializer(secrets),
    },
  };
}

/** A caller learns soon that Redis is away; a server waits for it, however long that takes. */
function linkOptions(config: RedisConfig, listening: 'patient' | 'queue' = 'patient'): RedisLinkOptions {
  const warned = warnedOnce();
  return { connect: () => warned(openRedis(config, 'patient')), listen: () => warned(openSubscriber(config, listening)) };
}

/** Says once for all connections that Redis is away, and again only after it was back. */
function warnedOnce(): <C extends RedisClient>(client: C) => C {
  let away = false;
  return (client) => {
    const redis = client as Redis;
    redis.on('ready', () => (away = false));
    redis.on('error', ({ message }: Error) => {
      if (!away) logger('rpc').warn({ reason: message }, 'Redis is not reachable; calls to other processes wait or fail until it is back');
      away = true;
    });
    return client;
  };
}
