import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { logger, metrics } from '#platform/core';
import { openRedis, openSubscriber, type RedisClient } from '../redis/redis-client.js';
import { RemoteConfig } from '../remote/remote.config.js';

/** Longest wait for an answer; a request never pays more than this for a Redis that hangs, and the next ones nothing. */
const PATIENCE_MS = 100;
/** Between two looks whether a Redis that fell silent answers again. */
const PROBE_MS = 500;

const unanswered = metrics.counter('atoll_redis_unanswered_total', 'Questions to Redis that got no answer or an error, and were answered without it', ['reason']);

/**
 * This process's connection for live state that many processes share and that may be gone at any moment: quotas, running logs.
 * Nobody waits for a Redis that is away: `ask` answers undefined at once, and the caller does what it does without Redis.
 */
@Injectable()
export class LiveRedis implements OnApplicationShutdown {
  private readonly log = logger('redis');
  private readonly redis: RedisClient | undefined;
  private silent = false;
  private closed = false;

  constructor(private readonly config: RemoteConfig) {
    if (!config.redisUrl) return;
    this.redis = this.watched(openRedis(config, 'live'));
    metrics.gauge('atoll_redis_up', 'Whether Redis answers this process: 1 or 0', () => (this.up ? 1 : 0));
  }

  /** Whether there is to be a Redis at all (REDIS_URL). */
  get configured(): boolean {
    return this.redis !== undefined;
  }

  get up(): boolean {
    return this.redis?.status === 'ready' && !this.silent;
  }

  /** Undefined where Redis is not configured, away, silent, or refuses (out of memory): at once or after 100 ms at most. */
  async ask<T>(question: (redis: RedisClient) => Promise<T>): Promise<T | undefined> {
    if (!this.up) return undefined;
    try {
      return await this.inTime(question(this.redis!));
    } catch (error) {
      unanswered.inc({ reason: error instanceof Silence ? 'silent' : this.redis!.status === 'ready' ? 'refused' : 'away' });
      if (error instanceof Silence) void this.probe();
      return undefined;
    }
  }

  /** A connection of the caller's own that subscribes. It comes back by itself, with nothing subscribed. */
  subscriber(): Redis | undefined {
    return this.redis && this.watched(openSubscriber(this.config, 'live'));
  }

  onApplicationShutdown(): void {
    this.closed = true;
    this.redis?.disconnect();
  }

  private watched<C extends RedisClient>(client: C): C {
    const redis = client as Redis;
    redis.on('error', (error: Error) => this.log.debug({ err: error }, 'Redis cannot be reached'));
    let away = false;
    redis.on('ready', () => {
      away = false;
      this.log.info('Redis answers');
    });
    // Each try to come back ends in a close, too.
    redis.on('close', () => {
      if (!this.closed && !away) this.log.warn('the connection to Redis is gone; going on without');
      away = true;
    });
    return client;
  }

  /** A busy event loop fires timers before it reads answers that are there: one more turn decides. */
  private async inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => setImmediate(() => reject(new Silence())), PATIENCE_MS);
    });
    answer.catch(() => undefined);
    try {
      return await Promise.race([answer, silence]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A Redis that hangs keeps its connections: nobody asks it until it answers this. */
  private async probe(): Promise<void> {
    if (this.silent) return;
    this.silent = true;
    this.log.warn('Redis is silent; going on without');
    while (this.silent && !this.closed) {
      const heard = await Promise.race([this.redis!.ping().then(() => true, () => false), pause(PROBE_MS, false, { ref: false })]);
      if (heard) {
        this.silent = false;
        this.log.info('Redis answers again');
      } else await pause(PROBE_MS, undefined, { ref: false });
    }
  }
}

class Silence extends Error {}
