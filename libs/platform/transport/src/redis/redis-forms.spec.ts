import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { type Contract, contract, current, runAs } from '#platform/core';
import { eventually, startRedis, startRedisCluster, startSentinels, startTlsRedis } from '#platform/testing';
import { SharedRates } from '#platform/http';
import { type Hosted, openRpcPod, type RpcPod, secrets, tenant } from '../../test/rpc.fixture.js';
import { BestEffortRedis } from './best-effort-redis.js';
import { watchConnection } from './connection-watchdog.js';
import { inspectRedis } from './inspect-redis.js';
import { openRedis } from './redis-client.js';
import { explainRedisError } from './redis-errors.js';
import { RedisPubSub } from './redis-pub-sub.js';
import { RedisConfig } from './redis.config.js';

const RATE = { name: 'caller', intervalMs: 60_000, burstMs: 5 * 60_000 } as never;

abstract class Echo {
  abstract say(ask: { text: string }): Promise<{ text: string; tenantId: string }>;
  abstract count(ask: { to: number }): AsyncIterable<number>;
}

const echo: Echo = {
  say: ({ text }) => Promise.resolve({ text, tenantId: current().tenantId }),
  async *count({ to }) {
    for (let at = 0; at < to; at++) yield at;
  },
};

/** One for each slot of a cluster that a name may fall into, so that all nodes have one. */
const deadlineMs = 10_000;
const contracts = ['echo', 'reef', 'tide', 'isle'].map((name) =>
  contract<Echo>(name, class {} as unknown as typeof Echo, { say: { kind: 'query', deadlineMs }, count: { kind: 'stream', deadlineMs } }));

/** What a process has of Redis, the same code as in production. */
class Pod {
  readonly config: RedisConfig;
  readonly bestEffort: BestEffortRedis;
  readonly pubSub: RedisPubSub;
  readonly rates: SharedRates;
  rpc: RpcPod | undefined;

  constructor(private readonly redis: { url: string; ca?: string }) {
    this.config = Object.assign(new RedisConfig(), { redisUrl: redis.url, redisCa: redis.ca });
    this.bestEffort = new BestEffortRedis(this.config);
    this.pubSub = new RedisPubSub(this.bestEffort, secrets);
    this.rates = new SharedRates(this.bestEffort);
  }

  async openRpc(...sides: [hosted: Hosted[], elsewhere: Contract<never>[]]): Promise<void> {
    this.rpc = await openRpcPod(this.redis, ...sides);
  }

  /** Resolves when the channel is heard, to what comes over it from then on. */
  async hear(channel: string): Promise<unknown[]> {
    const heard: unknown[] = [];
    await new Promise<void>((resolve) => {
      this.pubSub.subscribe(channel, { onMessage: (message) => void heard.push(message), onSubscribed: resolve });
    });
    return heard;
  }

  async close(): Promise<void> {
    await this.rpc?.close();
    this.pubSub.onApplicationShutdown();
    this.bestEffort.onApplicationShutdown();
  }
}

const FORMS: { name: string; start: () => Promise<{ url: string; ca?: string; close(): Promise<void> }> }[] = [
  { name: 'one server', start: startRedis },
  { name: 'TLS', start: startTlsRedis },
  { name: 'Sentinel', start: startSentinels },
  { name: 'Cluster', start: startRedisCluster },
];

describe.each(FORMS)('Redis as $name', ({ name, start }) => {
  let redis: Awaited<ReturnType<typeof start>>;
  let [host, caller]: Pod[] = [];

  beforeAll(async () => {
    redis = await start();
    [host, caller] = [new Pod(redis), new Pod(redis)];
    await host.openRpc(contracts.map((one) => [one as never, echo]), []);
    await caller.openRpc([], contracts as never);
    await eventually(() => expect([host!.bestEffort.up, caller!.bestEffort.up]).toEqual([true, true]));
  });

  afterAll(async () => {
    await Promise.all([host?.close(), caller?.close()]);
    await redis?.close();
  });

  it('carries calls and streams', async () => {
    for (const one of contracts) {
      const remote = caller!.rpc!.remote(one);
      const answers = await runAs(tenant, () => Promise.all(Array.from({ length: 40 }, (_, at) => remote.say({ text: `${at}` }))));
      expect(answers).toEqual(Array.from({ length: 40 }, (_, at) => ({ text: `${at}`, tenantId: tenant.tenantId })));
      const parts = await runAs(tenant, () => Array.fromAsync(remote.count({ to: 300 })));
      expect(parts).toEqual(Array.from({ length: 300 }, (_, at) => at));
    }
  });

  it('tells other processes, and counts quotas with them', async () => {
    const heard = await host!.hear('spec');
    caller!.pubSub.publish('spec', { at: 1 });
    await eventually(() => expect(heard).toEqual([{ at: 1 }]));
    // Keys of several tenants fall on several nodes.
    for (const key of ['one', 'two', 'three', 'four', 'five']) {
      const left = await Promise.all([0, 1, 2, 3, 4, 5, 6].map((at) => (at % 2 ? host! : caller!).rates.decide(RATE, key)));
      expect(left.map((verdict) => verdict?.left).sort()).toEqual([-1, -1, 0, 1, 2, 3, 4]);
    }
  });

  it('is what the doctor sees', async () => {
    const found = await inspectRedis(caller!.config);
    expect(found.form).toBe({ 'one server': 'server', TLS: 'server', Sentinel: 'sentinel', Cluster: 'cluster' }[name]);
    const primaries = Array.from({ length: name === 'Cluster' ? 3 : 1 }, () => [false, 'noeviction']);
    expect(found.servers.map(({ replica, policy }) => [replica, policy])).toEqual(primaries);
    expect(found.sentinels.map(({ fault }) => fault)).toEqual(name === 'Sentinel' ? [undefined, undefined] : []);
    expect(found.clusterState).toBe(name === 'Cluster' ? 'ok' : undefined);
  });

  if (name === 'Sentinel') {
    it('goes on with the new primary when the old one dies', async () => {
      const remote = caller!.rpc!.remote(contracts[0]!);
      await (redis as Awaited<ReturnType<typeof startSentinels>>).kill();
      // About two seconds; but a Sentinel that was not given a turn for that long on a busy machine does nothing for thirty (TILT mode).
      const say = async (): Promise<void> => expect((await runAs(tenant, () => remote.say({ text: 'after' }))).text).toBe('after');
      await eventually(say, { timeoutMs: 60_000, everyMs: 100 });
      const heard = await host!.hear('after');
      await eventually(() => expect(caller!.bestEffort.up).toBe(true));
      caller!.pubSub.publish('after', { at: 2 });
      await eventually(() => expect(heard).toEqual([{ at: 2 }]));
      await eventually(async () => expect(await host!.rates.decide(RATE, 'after')).toBeDefined());
    }, 90_000);
  }
});

const HANGING = [['server', startRedis], ['node of a cluster', startRedisCluster]] as const;

it.each(HANGING)('a connection to a %s that hangs is opened anew', async (_what, start) => {
  const redis = await start();
  const client = openRedis({ redisUrl: redis.url }, 'patient');
  try {
    await client.set('{tag}', 1);
    watchConnection(client, 50, 200);
    const hung = client instanceof Cluster ? client.nodes().find(({ status }) => status === 'ready')! : client;
    const closed = new Promise((resolve) => hung.once('close', resolve));
    const pauser = new Redis(hung.options.port!, hung.options.host!);
    await pauser.client('PAUSE', 1_500, 'ALL');
    await closed;
    pauser.disconnect();
    await eventually(async () => expect(await client.get('{tag}')).toBe('1'));
  } finally {
    client.disconnect();
    await redis.close();
  }
});

describe('a Redis that is not the one it claims to be', () => {
  it.each([
    ['an authority nobody here knows', undefined, 'IP:127.0.0.1', /authority this process does not know.*ATOLL_REDIS_CA/],
    ['another authority than the one named', 'other', 'IP:127.0.0.1', /authority this process does not know.*ATOLL_REDIS_CA/],
    ['another name', 'own', 'DNS:elsewhere.example', /made out to other names than the host/],
  ])('is refused: %s', async (_what, authority, names, words) => {
    const [redis, other] = await Promise.all([startTlsRedis(names), startTlsRedis()]);
    const redisCa = { own: redis.ca, other: other.ca }[authority ?? ''];
    const settings = { redisUrl: redis.url, redisCa };
    await expect(inspectRedis(settings)).rejects.toMatchObject({ message: expect.stringMatching(words) as string });
    const client = openRedis(settings, 'live');
    const error = await new Promise<Error>((resolve) => void (client as Redis).on('error', resolve));
    expect(explainRedisError(error)).toMatch(words);
    expect(client.status).not.toBe('ready');
    client.disconnect();
    const bestEffort = new BestEffortRedis(Object.assign(new RedisConfig(), settings));
    await pause(200);
    expect(bestEffort.up).toBe(false);
    bestEffort.onApplicationShutdown();
    await Promise.all([redis.close(), other.close()]);
  });

  it('is told when it does not speak TLS, or nothing else', async () => {
    const [plain, secure] = await Promise.all([startRedis(), startTlsRedis()]);
    try {
      const told = (redisUrl: string): Promise<string> => inspectRedis({ redisUrl }).then(() => 'nothing', (error: Error) => error.message);
      expect(await told(plain.url.replace('redis:', 'rediss:'))).toMatch(/does not speak TLS stays silent like this: try redis:/);
      expect(await told(secure.url.replace('rediss:', 'redis:'))).toMatch(/speaks only TLS hangs up like this: try rediss:/);
    } finally {
      await Promise.all([plain.close(), secure.close()]);
    }
  });
});
