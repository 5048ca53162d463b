import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, type Contract, logger, Secrets } from '#platform/core';
import { openRedis, openSubscriber, type RedisClient } from '../redis/redis-client.js';
import { Circuit } from './circuit.js';
import { hostContract } from './host.js';
import { RemoteConfig } from './remote.config.js';
import { standIn } from './stand-in.js';
import { RedisStreamsClient } from './streams-client.js';
import { RedisStreamsServer } from './streams-server.js';

/** Calls waiting in one context's stream at most; nobody takes the oldest of so many before its deadline. */
const STREAM_LENGTH = 100_000;

/** Connections that wait for a Redis that is away would wait for ever at the start. */
const LISTEN_MS = 15_000;

/** This process's end of the calls between processes: its stand-ins for contexts elsewhere, and what answers for those it hosts. */
@Injectable()
export class Remote implements OnApplicationShutdown {
  private readonly log = logger('remote');
  private client: RedisStreamsClient | undefined;
  private server: RedisStreamsServer | undefined;

  constructor(
    private readonly config: RemoteConfig,
    private readonly secrets: Secrets,
  ) {}

  /** Whether there is a way to other processes at all. */
  get reachable(): boolean {
    return this.config.redisUrl !== undefined;
  }

  standIn<T extends object>(contract: Contract<T>): T {
    this.client ??= new RedisStreamsClient({ connect: () => this.connect(), listen: () => this.listen(), secrets: this.secrets, limit: this.config.callLimit, streamLength: STREAM_LENGTH });
    return standIn(contract, this.client, new Circuit(contract.name));
  }

  /** Starts answering other processes' calls of the hosted contracts. */
  async serve(hosted: { contract: Contract; target: object }[]): Promise<void> {
    const { takeoverMs: claimIdleMs, callConcurrency: concurrency, callLimit: limit } = this.config;
    const server = new RedisStreamsServer({ connect: () => this.connect(), listen: () => this.listen(), secrets: this.secrets, contexts: hosted.map(({ contract }) => contract.name), concurrency, claimIdleMs, limit });
    for (const { contract, target } of hosted) hostContract(contract, target, server);
    this.server = server;
    const listening = new Promise<void>((resolve, reject) => void server.listen((error) => (error ? reject(error as Error) : resolve())));
    await Promise.race([listening, pause(LISTEN_MS, undefined, { ref: false }).then(() => Promise.reject(unreachable()))]);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.server?.close();
    this.client?.close();
  }

  private connect(): RedisClient {
    return this.told(openRedis(this.settings(), 'patient'));
  }

  private listen(): Redis {
    return this.told(openSubscriber(this.settings(), 'patient'));
  }

  private settings(): RemoteConfig {
    if (!this.config.redisUrl) throw new AppError('internal', 'kernel.no-redis', 'REDIS_URL is not set, so there is no way to contexts in other processes.');
    return this.config;
  }

  private told<C extends RedisClient>(redis: C): C {
    let away = false;
    const events = redis as Redis;
    events.on('ready', () => (away = false));
    events.on('error', (error: Error) => {
      if (!away) this.log.warn({ err: error }, 'Redis is not reachable; calls to other processes wait or fail until it is back');
      away = true;
    });
    return redis;
  }
}

function unreachable(): AppError {
  return new AppError('unavailable', 'kernel.redis-unavailable', 'Redis does not answer at REDIS_URL, so contexts in other processes could not call those of this one. Start it or mend the address, then start this process again; `npm run atoll -- doctor` says more.');
}
