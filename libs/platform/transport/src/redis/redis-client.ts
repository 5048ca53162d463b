import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { logger } from '#platform/core';
import type { RedisConfig } from './redis.config.js';
import { type RedisPlace, readRedisUrl } from './redis-url.js';
import { explainRedisError } from './redis-errors.js';
import { watchConnection } from './connection-watchdog.js';

/** For commands, on a server or a cluster: what they name together must be under one key of `redisKey`. */
export type RedisClient = Redis | Cluster;

/**
 * `patient`: a command waits for a Redis that comes back, and is sent again. `queue`: the same, however long that takes. `live`: nobody
 * waits; what cannot be asked now is an error now.
 */
type Manner = 'patient' | 'queue' | 'live';

const LONGEST_RETRY_MS = 1_000;
const CONNECT_MS = 5_000;

/** The one way to a connection for commands, whatever form REDIS_URL has. It comes back by itself, also from another server. */
export function openRedis(settings: RedisConfig, manner: Manner): RedisClient {
  const place = readRedisUrl(settings.redisUrl!);
  if (place.form === 'cluster') return attended(overCluster(place, settings, manner));
  return attended(new Redis({ ...optionsOf(place, settings), ...MANNERS[manner] }));
}

/**
 * A connection that subscribes, always to one server: a cluster tells what is published to all its nodes. With `live` it comes back with
 * nothing subscribed.
 */
export function openSubscriber(settings: RedisConfig, manner: Manner): Redis {
  return attended(openToOne(readRedisUrl(settings.redisUrl!), settings, { ...MANNERS[manner], autoResubscribe: manner !== 'live' }));
}

/** To the server; of a cluster to one node, and to the next one when that is gone. */
function openToOne(place: RedisPlace, settings: RedisConfig, options: RedisOptions): Redis {
  const { nodes } = place;
  const start = Math.floor(Math.random() * nodes.length);
  const client: Redis = new Redis({
    ...optionsOf(place, settings, start), ...options,
    retryStrategy: (times) => {
      if (place.form === 'cluster') Object.assign(client.options, nodes[(start + times) % nodes.length]);
      return retryMs(times);
    },
  });
  return client;
}

/** Of ioredis, for one server or the primary behind Sentinels. `at` chooses among the nodes of a cluster. */
export function optionsOf(place: RedisPlace, settings: RedisConfig, at = 0): RedisOptions {
  const { form, nodes, username, password, db, master, sentinelUsername, sentinelPassword } = place;
  const tls = tlsOf(place, settings);
  const common: RedisOptions = {
    username, password, db, tls, connectTimeout: CONNECT_MS, disconnectTimeout: 300, retryStrategy: retryMs, reconnectOnError,
  };
  if (form !== 'sentinel') return { ...common, ...nodes[at] };
  return {
    ...common, sentinels: nodes, name: master, sentinelUsername, sentinelPassword, sentinelTLS: tls, enableTLSForSentinelMode: place.tls,
    sentinelCommandTimeout: CONNECT_MS, sentinelRetryStrategy: retryMs,
  };
}

function overCluster(place: RedisPlace, settings: RedisConfig, manner: Manner): Cluster {
  const { username, password, connectTimeout, tls } = optionsOf(place, settings);
  const live = manner === 'live';
  const cluster = new Cluster(place.nodes, {
    redisOptions: { username, password, connectTimeout, tls, ...MANNERS[manner] },
    enableAutoPipelining: live,
    enableOfflineQueue: !live,
    clusterRetryStrategy: retryMs,
    // Certificates are made out to names.
    ...(place.tls && { dnsLookup: (address: string, done: (error: null, address: string) => void) => done(null, address) }),
    ...(live && { maxRedirections: 4, retryDelayOnFailover: 20, retryDelayOnClusterDown: 20 }),
  });
  return publishingInOrder(cluster, openToOne(place, settings, { ...MANNERS[manner] }));
}

/** ioredis publishes through any node, and what goes through two of them overtakes each other: parts of a stream go through one. */
function publishingInOrder(cluster: Cluster, line: Redis): Cluster {
  cluster.publish = line.publish.bind(line);
  line.on('error', () => undefined);
  cluster.on('end', () => line.disconnect());
  return cluster;
}

const MANNERS: Record<Manner, RedisOptions> = {
  patient: { maxRetriesPerRequest: 2 },
  queue: { maxRetriesPerRequest: null },
  live: {
    enableAutoPipelining: true, enableOfflineQueue: false, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false,
    connectTimeout: 2_000,
  },
};

/** With an authority of its own only that one is believed. Names and dates are always checked. */
function tlsOf({ tls }: RedisPlace, { redisCa }: RedisConfig): RedisOptions['tls'] {
  return tls ? { ...(redisCa && { ca: readFileSync(redisCa) }) } : undefined;
}

function retryMs(times: number): number {
  return Math.min(LONGEST_RETRY_MS, times * 50);
}

/** A primary that became a replica under its connections: ask again who the primary is, and send the command there. */
function reconnectOnError(error: Error): 2 | false {
  return error.message.startsWith('READONLY') ? 2 : false;
}

/** Says once, in plain words, what nobody but the operator can mend. */
function attended<C extends RedisClient>(client: C): C {
  const log = logger('redis');
  let told: string | undefined;
  const events = client as { on(event: string, heard: (error: Error) => void): unknown };
  events.on('ready', () => (told = undefined));
  events.on('error', (error) => {
    const words = explainRedisError(error);
    if (words && words !== told) log.error(words);
    told = words ?? told;
  });
  watchConnection(client);
  return client;
}
