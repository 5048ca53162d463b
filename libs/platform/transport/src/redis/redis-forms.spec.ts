import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { contract, current, runAs, Secrets } from '#platform/core';
import { eventually, startRedis, startRedisCluster, startSentinels, startTlsRedis } from '#platform/testing';
import { SharedRates } from '#platform/http';
import { LiveRedis } from '../live/live-redis.js';
import { Whispers } from '../live/whispers.js';
import { RemoteConfig } from '../remote/remote.config.js';
import { Remote } from '../remote/remote.service.js';
import { inspectRedis } from './inspect-redis.js';
import { keepHearing } from './keep-hearing.js';
import { openRedis } from './redis-client.js';
import { redisTrouble } from './redis-trouble.js';

const tenant = { tenantId: '018f0000-0000-7000-8000-000000000001', actor: { kind: 'user' as const, id: '018f0000-0000-7000-8000-0000000000aa', roles: ['owner'], permissions: ['*'] } };
const secrets = new Secrets('a root secret for this spec only, 32+');
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
const contracts = ['echo', 'reef', 'tide', 'isle'].map((name) => contract<Echo>(name, Echo, { say: { kind: 'query', deadlineMs: 10_000 }, count: { kind: 'stream', deadlineMs: 10_000 } }));

/** What a process has of Redis, the same code as in production. */
class Pod {
  readonly config: RemoteConfig;
  readonly remote: Remote;
  readonly live: LiveRedis;
  readonly whispers: Whispers;
  readonly rates: SharedRates;

  constructor(redisUrl: string, redisCa?: string) {
    this.config = Object.assign(new RemoteConfig(), { redisUrl, redisCa, takeoverMs: 600 });
    this.remote = new Remote(this.config, secrets);
    this.live = new LiveRedis(this.config);
    this.whispers = new Whispers(this.live, secrets);
    this.rates = new SharedRates(this.live);
  }

  async close(): Promise<void> {
    await this.remote.onApplicationShutdown();
    this.whispers.onApplicationShutdown();
    this.live.onApplicationShutdown();
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
    [host, caller] = [new Pod(redis.url, redis.ca), new Pod(redis.url, redis.ca)];
    await host.remote.serve(contracts.map((one) => ({ contract: one as never, target: echo })));
    await eventually(() => expect([host!.live.up, caller!.live.up]).toEqual([true, true]));
  });

  afterAll(async () => {
    await Promise.all([host?.close(), caller?.close()]);
    await redis?.close();
  });

  it('carries calls and streams', async () => {
    for (const one of contracts) {
      const standIn = caller!.remote.standIn(one);
      const answers = await runAs(tenant, () => Promise.all(Array.from({ length: 40 }, (_, at) => standIn.say({ text: `${at}` }))));
      expect(answers).toEqual(Array.from({ length: 40 }, (_, at) => ({ text: `${at}`, tenantId: tenant.tenantId })));
      const parts = await runAs(tenant, () => Array.fromAsync(standIn.count({ to: 300 })));
      expect(parts).toEqual(Array.from({ length: 300 }, (_, at) => at));
    }
  });

  it('tells other processes, and counts quotas with them', async () => {
    const heard: unknown[] = [];
    const ready = new Promise<void>((resolve) => host!.whispers.listen('spec', { hear: (message) => void heard.push(message), back: resolve }));
    await ready;
    caller!.whispers.tell('spec', { at: 1 });
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
    expect(found.servers.map(({ replica, policy }) => [replica, policy])).toEqual(Array.from({ length: name === 'Cluster' ? 3 : 1 }, () => [false, 'noeviction']));
    expect(found.sentinels.map(({ fault }) => fault)).toEqual(name === 'Sentinel' ? [undefined, undefined] : []);
    expect(found.clusterState).toBe(name === 'Cluster' ? 'ok' : undefined);
  });

  if (name === 'Sentinel') {
    it('goes on with the new primary when the old one dies', async () => {
      const standIn = caller!.remote.standIn(contracts[0]!);
      await (redis as Awaited<ReturnType<typeof startSentinels>>).kill();
      // About two seconds; but a Sentinel that was not given a turn for that long on a busy machine does nothing for thirty (its TILT mode).
      await eventually(async () => expect((await runAs(tenant, () => standIn.say({ text: 'after' }))).text).toBe('after'), { timeoutMs: 60_000, everyMs: 100 });
      const heard: unknown[] = [];
      await new Promise<void>((resolve) => void host!.whispers.listen('after', { hear: (message) => void heard.push(message), back: resolve }));
      await eventually(() => expect(caller!.live.up).toBe(true));
      caller!.whispers.tell('after', { at: 2 });
      await eventually(() => expect(heard).toEqual([{ at: 2 }]));
      await eventually(async () => expect(await host!.rates.decide(RATE, 'after')).toBeDefined());
    }, 90_000);
  }
});

it.each([['server', startRedis], ['node of a cluster', startRedisCluster]] as const)('a connection to a %s that hangs is opened anew', async (_what, start) => {
  const redis = await start();
  const client = openRedis({ redisUrl: redis.url }, 'patient');
  try {
    await client.set('{tag}', 1);
    keepHearing(client, 50, 200);
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
    const error = await new Promise<Error>((resolve) => void (client as { on(event: 'error', heard: (error: Error) => void): unknown }).on('error', resolve));
    expect(redisTrouble(error)).toMatch(words);
    expect(client.status).not.toBe('ready');
    client.disconnect();
    const live = new LiveRedis(Object.assign(new RemoteConfig(), settings));
    await pause(200);
    expect(live.up).toBe(false);
    live.onApplicationShutdown();
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
