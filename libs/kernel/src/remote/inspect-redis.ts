import { Redis } from 'ioredis';
import { AppError } from '../errors/app-error.js';

export interface RedisFindings {
  version: string;
  /** What Redis does when it is full; calls and jobs need `noeviction`. */
  policy: string;
  /** Bytes; 0 for no limit. */
  maxMemory: number;
  usedMemory: number;
  appendOnly: boolean;
  /** A replica takes no writes. */
  replica: boolean;
  cluster: boolean;
  /** The server's clock against this process's, in milliseconds; positive when the server is ahead. */
  skewMs: number;
}

const CONNECT_MS = 5_000;

/** Behind `npm run atoll -- doctor`: reads INFO and TIME of the Redis behind REDIS_URL, and changes nothing. */
export async function inspectRedis(url: string): Promise<RedisFindings> {
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: CONNECT_MS, commandTimeout: CONNECT_MS, maxRetriesPerRequest: 0, retryStrategy: () => null, enableReadyCheck: false });
  let lost: Error | undefined;
  redis.on('error', (error) => (lost = error));
  try {
    await redis.connect();
    const info = readInfo(await redis.info());
    return {
      version: info.get('redis_version') ?? '0',
      policy: info.get('maxmemory_policy') ?? 'unknown',
      maxMemory: Number(info.get('maxmemory') ?? 0),
      usedMemory: Number(info.get('used_memory') ?? 0),
      appendOnly: info.get('aof_enabled') === '1',
      replica: info.get('role') === 'slave',
      cluster: info.get('cluster_enabled') === '1',
      skewMs: await skewOf(redis),
    };
  } catch (cause) {
    throw refused(lost ?? (cause as Error));
  } finally {
    redis.disconnect();
  }
}

function refused(cause: Error): AppError {
  if (/WRONGPASS|NOAUTH|NOPERM/.test(cause.message)) {
    return new AppError('invalid', 'kernel.redis-login', 'Redis refused the user or password of REDIS_URL, or that user may not run INFO. Set the right ones; the user needs all commands on keys and channels atoll:*, and INFO and TIME.', { cause });
  }
  const { code } = cause as NodeJS.ErrnoException;
  return new AppError('unavailable', 'kernel.redis-unavailable', `Redis could not be reached at REDIS_URL (${code ?? cause.message}). Start it, or mend the address, the network or the certificate.`, { cause });
}

function readInfo(text: string): Map<string, string> {
  return new Map(text.split('\r\n').filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

async function skewOf(redis: Redis): Promise<number> {
  let best = { took: Infinity, skew: 0 };
  for (let round = 0; round < 3; round++) {
    const asked = Date.now();
    const [seconds, micros] = await redis.time();
    const took = Date.now() - asked;
    if (took < best.took) best = { took, skew: Number(seconds) * 1_000 + Number(micros) / 1_000 - asked - took / 2 };
  }
  return Math.round(best.skew);
}
