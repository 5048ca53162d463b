import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { Contract } from '../contract/contract.js';
import { Secrets } from '../crypto/secrets.js';
import { AppError } from '../errors/app-error.js';
import { logger } from '../observability/logger.js';
import { Circuit } from './circuit.js';
import { hostContract } from './host.js';
import { RemoteConfig } from './remote.config.js';
import { standIn } from './stand-in.js';
import { RedisStreamsClient } from './streams-client.js';
import { RedisStreamsServer } from './streams-server.js';

/** Calls waiting in one context's stream at most; nobody takes the oldest of so many before its deadline. */
const STREAM_LENGTH = 100_000;

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
    this.client ??= new RedisStreamsClient({ connect: () => this.connect(), secrets: this.secrets, limit: this.config.callLimit, streamLength: STREAM_LENGTH });
    return standIn(contract, this.client, new Circuit(contract.name));
  }

  /** Starts answering other processes' calls of the hosted contracts. */
  async serve(hosted: { contract: Contract; target: object }[]): Promise<void> {
    const { takeoverMs: claimIdleMs, callConcurrency: concurrency, callLimit: limit } = this.config;
    const server = new RedisStreamsServer({ connect: () => this.connect(), secrets: this.secrets, contexts: hosted.map(({ contract }) => contract.name), concurrency, claimIdleMs, limit });
    for (const { contract, target } of hosted) hostContract(contract, target, server);
    await new Promise<void>((resolve, reject) => void server.listen((error) => (error ? reject(error as Error) : resolve())));
    this.server = server;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.server?.close();
    this.client?.close();
  }

  private connect(): Redis {
    if (!this.config.redisUrl) throw new AppError('internal', 'kernel.no-redis', 'REDIS_URL is not set, so there is no way to contexts in other processes.');
    const redis = new Redis(this.config.redisUrl, { maxRetriesPerRequest: 2 });
    redis.on('error', (error: Error) => this.log.warn({ err: error }, 'Redis is not reachable; calls to other processes wait or fail until it is back'));
    return redis;
  }
}
