import { redisKey } from '#platform/core';
import type { RedisClient } from '../redis/redis-client.js';
import type { CallMessage } from './call-message.js';

/** Two machines' clocks may be so far apart. */
const SKEW_MS = 60_000;

/**
 * Tells a call from its copy: whoever can read and write Redis could put a signed call into its stream again before its deadline. Each call
 * is done under one entry of the stream only, which the replica that takes it over keeps. This process remembers it beside Redis, so that
 * wiping that is no way around.
 */
export class ReplayGuard {
  /** Calls by id: their entry, and until when they would be accepted. */
  private readonly seen = new Map<string, { entry: string; until: number }>();

  constructor(private readonly redis: RedisClient) {}

  async isFirst({ id, call, deadline }: CallMessage, entry: string): Promise<boolean> {
    const known = this.seen.get(id);
    if (known) return known.entry === entry;
    this.forget();
    const until = deadline + SKEW_MS;
    this.seen.set(id, { entry, until });
    const key = redisKey('call', `${call}:${id}`);
    const taken = await this.redis.set(key, entry, 'PX', Math.max(1, until - Date.now()), 'NX');
    return taken === 'OK' || (await this.redis.get(key)) === entry;
  }

  private forget(): void {
    const now = Date.now();
    for (const [id, { until }] of this.seen) {
      if (until > now) break;
      this.seen.delete(id);
    }
  }
}
