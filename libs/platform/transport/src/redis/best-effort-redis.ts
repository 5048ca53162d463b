import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { logger, metrics, settledWithin, withDeadline } from '#platform/core';
import { openRedis, openSubscriber, type RedisClient } from './redis-client.js';
import { RedisConfig } from './redis.config.js';

/** Longest wait for an answer; a request never pays more than this for a Redis that hangs, and the next ones nothing. */
const PATIENCE_MS = 100;
/** Between two looks whether a Redis that fell silent answers again. */
const PROBE_MS = 500;

const unanswered = metrics.counter(
  'atoll_redis_unanswered_total',
  'Questions to Redis that got no answer or an error, and were answered without it',
  ['reason'],
);

/**
 * This process's connection for live state that many processes share and that may be gone at any moment: quotas, running logs.
 * Nobody waits for a Redis that is away: `ask` answers undefined at once, and the caller does what it does without Redis.
 */
@Injectable()
export class BestEffortRedis implements OnApplicationShutdown {
  private readonly log = logger('redis');
  private readonly redis: RedisClient | undefined;
  private silent = false;
  private closed = false;

  constructor(private readonly config: RedisConfig) {
    if (!config.redisUrl) return;
    this.redis = this.watched(openRedis(config, 'live'));
    (this.redis as Redis).on('ready', () => void this.tellEviction());
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
      return await withDeadline(question(this.redis!), PATIENCE_MS, () => new Silence());
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

  /** Told at start and whenever Redis comes back, as by the doctor: nobody sees otherwise why calls and jobs vanish. */
  private async tellEviction(): Promise<void> {
    const info = await this.ask((redis) => (redis as Redis).info('memory'));
    const policy = /maxmemory_policy:(\S+)/.exec(info ?? '')?.[1];
    if (policy === undefined || policy === 'noeviction') return;
    this.log.error({ policy }, 'Redis drops keys when it is full: calls, jobs and running answers would ' +
      'vanish. CONFIG SET maxmemory-policy noeviction, and write it to redis.conf.');
  }

  /** A Redis that hangs keeps its connections: nobody asks it until it answers this. */
  private async probe(): Promise<void> {
    if (this.silent) return;
    this.silent = true;
    this.log.warn('Redis is silent; going on without');
    while (this.silent && !this.closed) {
      const answers = this.redis!.ping().then(() => (this.silent = false), () => undefined);
      await settledWithin(answers, PROBE_MS);
      if (this.silent) await sleep(PROBE_MS, undefined, { ref: false });
      else this.log.info('Redis answers again');
    }
  }
}

class Silence extends Error {}
