import { runRedis } from './servers/run-redis.js';

export interface TestRedis {
  url: string;
  /** Ends the server as a crash would; absent where ATOLL_TEST_REDIS_URL names one. */
  kill?: () => Promise<void>;
  close(): Promise<void>;
}

/**
 * A Redis 7 of the caller's own, in memory, on a free port (or on that of one that was killed, which comes back empty): up in 50 ms, so that no spec meets another's channels. Found on the PATH, else
 * installed (root on Debian), else a container; ends with the process.
 */
export async function startRedis({ port }: { port?: number } = {}): Promise<TestRedis> {
  const { facts, stop } = await runRedis(port);
  return { ...facts, close: stop };
}
