import { redisKey } from '#platform/core';
import type { BestEffortRedis, RedisClient } from '#platform/transport';
import { ROUNDING_MS, type RateLimit, type RateVerdict } from './rate-limit.js';

/**
 * GCRA on the clock of Redis, so that the processes' own clocks do not matter. KEYS[1] the caller's place in the schedule; ARGV: interval,
 * burst, rounding (ms), and whether the request is taken. The key ends when the whole quota is there again.
 */
const GCRA = `
local clock = redis.call('time')
local now = clock[1] * 1000 + clock[2] / 1000
local at = math.max(now, tonumber(redis.call('get', KEYS[1]) or 0))
local after = at + ARGV[1]
local room = ARGV[2] + ARGV[3] - (after - now)
if room < 0 then return {-1, math.ceil(at - now), math.ceil(-room)} end
if ARGV[4] == '1' then
  redis.call('set', KEYS[1], string.format('%.3f', after), 'px', math.ceil(after - now))
  at = after
end
return {math.floor(room / ARGV[1]), math.ceil(at - now), 0}`;

type Scripted = RedisClient & { atollRate(key: string, interval: number, burst: number, rounding: number,
  take: 0 | 1): Promise<[left: number, resetMs: number, retryMs: number]> };

/** Quotas that all processes count together: one hop a request, and none while Redis is away. */
export class SharedRates {
  private readonly known = new WeakSet<RedisClient>();

  constructor(private readonly live: BestEffortRedis) {}

  get up(): boolean {
    return this.live.up;
  }

  /** Undefined where Redis did not decide. */
  async decide(by: RateLimit, key: string, take = true): Promise<RateVerdict | undefined> {
    const answer = await this.live.ask((redis) =>
      this.scripted(redis).atollRate(redisKey(`rate:${by.name}`, key), by.intervalMs, by.burstMs, ROUNDING_MS, take ? 1 : 0));
    return answer && { by, left: answer[0], resetSeconds: Math.ceil(answer[1] / 1_000),
      retryAfterSeconds: Math.max(1, Math.ceil(answer[2] / 1_000)) };
  }

  private scripted(redis: RedisClient): Scripted {
    if (!this.known.has(redis)) {
      redis.defineCommand('atollRate', { numberOfKeys: 1, lua: GCRA });
      this.known.add(redis);
    }
    return redis as Scripted;
  }
}
