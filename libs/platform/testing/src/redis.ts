import { type RedisFacts, type RedisOptions, runRedis } from './servers/run-redis.js';

export interface TestRedis extends RedisFacts {
  close(): Promise<void>;
}

/**
 * A Redis 7 of the caller's own, on a free port (or on that of one that was killed, which comes back with what is in its folder; empty
 * without one): up in 50 ms, so that no spec meets another's channels. Found on the PATH, else installed (root on Debian), else a
 * container; ends with the process.
 */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const { facts, stop } = await runRedis(options);
  return { ...facts, close: stop };
}
