import { Redis, type RedisOptions } from 'ioredis';
import { AppError, clockSkew } from '#platform/core';
import { optionsOf } from './redis-client.js';
import type { RedisConfig } from './redis.config.js';
import { explainRedisError } from './redis-errors.js';
import { nodeName, readRedisUrl, type RedisNode, type RedisPlace } from './redis-url.js';

/** One server that holds data: the one of REDIS_URL, the primary behind its Sentinels, or a primary of its cluster. */
export interface RedisServerFindings {
  at: string;
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

export interface RedisFindings {
  form: RedisPlace['form'];
  servers: RedisServerFindings[];
  /** Those of REDIS_URL, and what each has against the primary's name or against failing over; silent ones say so too. */
  sentinels: { at: string; fault?: string }[];
  /** `ok` where every slot has a server that answers for it. */
  clusterState?: string;
}

const CONNECT_MS = 4_000;

/**
 * Behind `npm run atoll -- doctor`: reads INFO and TIME of the Redis behind REDIS_URL, asks Sentinels and cluster how they are, and
 * changes nothing.
 */
export async function inspectRedis(settings: RedisConfig): Promise<RedisFindings> {
  const place = readRedisUrl(settings.redisUrl!);
  const { form } = place;
  if (form === 'cluster') {
    const { primaries, state } = await firstThatAnswers(place, settings, clusterOf);
    const options = optionsOf(place, settings);
    const servers = await Promise.all(primaries.map((node) => over({ ...options, ...node }, (redis) => serverOf(redis, nodeName(node)))));
    return { form, servers, sentinels: [], clusterState: state };
  }
  const sentinels = form === 'sentinel' ? await Promise.all(place.nodes.map((node) => askSentinel(node, place, settings))) : [];
  if (form === 'sentinel' && sentinels.every(({ fault }) => fault !== undefined)) return { form, servers: [], sentinels };
  const at = form === 'sentinel' ? place.master! : nodeName(place.nodes[0]!);
  return { form, servers: [await over(optionsOf(place, settings), (redis) => serverOf(redis, at))], sentinels };
}

async function serverOf(redis: Redis, at: string): Promise<RedisServerFindings> {
  const info = readInfo(await redis.info());
  return {
    at,
    version: info.get('redis_version') ?? '0',
    policy: info.get('maxmemory_policy') ?? 'unknown',
    maxMemory: Number(info.get('maxmemory') ?? 0),
    usedMemory: Number(info.get('used_memory') ?? 0),
    appendOnly: info.get('aof_enabled') === '1',
    replica: info.get('role') === 'slave',
    cluster: info.get('cluster_enabled') === '1',
    skewMs: await clockSkew(async () => {
      const [seconds, micros] = await redis.time();
      return Number(seconds) * 1_000 + Number(micros) / 1_000;
    }),
  };
}

async function clusterOf(redis: Redis): Promise<{ primaries: RedisNode[]; state: string }> {
  const info = readInfo(await redis.cluster('INFO'));
  const slots = await redis.cluster('SLOTS');
  const primaries = new Map(slots.map(([, , primary]) => [primary![2], { host: primary![0] || redis.options.host!, port: primary![1] }]));
  return { primaries: [...primaries.values()], state: info.get('cluster_state') ?? 'unknown' };
}

/** CKQUORUM fails where too few Sentinels see each other to decide on a new primary. */
async function askSentinel(node: RedisNode, place: RedisPlace, settings: RedisConfig): Promise<{ at: string; fault?: string }> {
  const { tls } = optionsOf(place, settings);
  const at = nodeName(node);
  try {
    const options = { ...node, tls, username: place.sentinelUsername, password: place.sentinelPassword };
    await over(options, (redis) => redis.call('SENTINEL', 'CKQUORUM', place.master!));
    return { at };
  } catch (error) {
    return { at, fault: error instanceof AppError ? error.message : (error as Error).message };
  }
}

async function firstThatAnswers<T>(place: RedisPlace, settings: RedisConfig, ask: (redis: Redis) => Promise<T>): Promise<T> {
  let last: unknown;
  for (const node of place.nodes) {
    try {
      return await over({ ...optionsOf(place, settings), ...node }, ask);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function over<T>(options: RedisOptions, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({
    ...options, lazyConnect: true, connectTimeout: CONNECT_MS, commandTimeout: CONNECT_MS, maxRetriesPerRequest: 0, enableReadyCheck: false,
    retryStrategy: () => null, sentinelRetryStrategy: () => null,
  });
  let lost: Error | undefined;
  redis.on('error', (error) => (lost = error));
  try {
    await redis.connect();
    return await ask(redis);
  } catch (cause) {
    throw refused(lost ?? (cause as Error), Boolean(options.tls));
  } finally {
    redis.disconnect();
  }
}

function refused(cause: Error, tls: boolean): unknown {
  const words = explainRedisError(cause);
  if (words) return new AppError('invalid', 'kernel.redis-refused', words, { cause });
  if (cause.name === 'ReplyError') return cause;
  const code = (cause as NodeJS.ErrnoException).code ?? cause.message;
  const hint = HINTS.find(([pattern, over]) => over === tls && pattern.test(code))?.[2] ?? '';
  const text = `Redis could not be reached at REDIS_URL (${code}). Start it, or mend the address, the network or the certificate.${hint}`;
  return new AppError('unavailable', 'kernel.redis-unavailable', text, { cause });
}

/** The two sides of a misunderstanding over TLS have no words for it. */
const HINTS: [RegExp, tls: boolean, string][] = [
  [/ETIMEDOUT|timed out/i, true, ' A port that does not speak TLS stays silent like this: try redis:// in place of rediss://.'],
  [/closed|ECONNRESET/i, false, ' A port that speaks only TLS hangs up like this: try rediss:// in place of redis://.'],
];

function readInfo(text: string): Map<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}
