import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { eventually, startRedis, type TestRedis } from '#platform/testing';
import { newId } from '#platform/core';
import { BestEffortRedis } from '#platform/transport';
import { onPostgres } from './engines.js';
import type { DeliveryHarness } from './harness.js';
import { clock, depot, pack, shop, sold, ticks } from './house.js';
import { type Office, as } from './office.js';

/** Three replicas under load while Redis is taken away in every way it can be. Each fault lasts this long. */
const FAULT_MS = 700;
/** Longest that the rest may take once Redis is well again: the goal is a minute. */
const DRAIN_MS = 20_000;

describe('Redis under load', () => {
  const tenants = [newId(), newId(), newId()];
  let redis: TestRedis;
  let harness: DeliveryHarness;
  let replicas: Office[];

  beforeAll(async () => {
    redis = await startRedis();
    harness = await onPostgres({ REDIS_URL: redis.url });
    replicas = [];
    for (let n = 0; n < 3; n++) replicas.push(await harness.open([shop, depot, clock]));
  });
  afterAll(async () => {
    for (const replica of replicas ?? []) await replica.close();
    await harness?.close();
    await redis?.close();
  });

  const admin = async (work: (client: Redis) => Promise<unknown>): Promise<void> => {
    const client = new Redis(redis.url);
    await work(client);
    client.disconnect();
  };

  const faults: [string, () => Promise<void>, () => Promise<void>][] = [
    ['is wiped', () => admin((client) => client.flushall()), async () => undefined],
    ['is full', () => admin((client) => client.config('SET', 'maxmemory', '1')),
      () => admin((client) => client.config('SET', 'maxmemory', '0'))],
    ['hangs', () => admin((client) => client.client('PAUSE', FAULT_MS, 'ALL')), async () => undefined],
    ['is killed and comes back empty', () => redis.kill!(), async () => {
      redis = await startRedis({ port: Number(new URL(redis.url).port) });
    }],
  ];

  it.each(faults)('loses and doubles no event, job or tick when it %s, and publishers do not notice', async (_fault, hurt, heal) => {
    ticks.length = 0;
    const accepted = new Map<string, string[]>(tenants.map((tenant) => [tenant, []]));
    let slowest = 0;
    let over = false;
    const load = Promise.all(tenants.map(async (tenant, at) => {
      const { events, jobs } = replicas[at]!.desk('shop');
      while (!over) {
        const item = newId();
        const from = performance.now();
        await as(tenant, () => events.publish(sold, { item }));
        await as(tenant, () => jobs.add(pack, { item }));
        slowest = Math.max(slowest, performance.now() - from);
        accepted.get(tenant)!.push(item);
        await sleep(15);
      }
    }));
    await sleep(400);
    await hurt();
    const before = accepted.get(tenants[0]!)!.length;
    await sleep(FAULT_MS);
    const during = accepted.get(tenants[0]!)!.length - before;
    await heal();
    await sleep(300);
    over = true;
    await load;
    const back = performance.now();
    await eventually(async () => {
      for (const tenant of tenants) expect((await replicas[0]!.rows(tenant)).filter(({ status }) => status !== 'done')).toEqual([]);
    }, { timeoutMs: DRAIN_MS });
    await eventually(async () =>
      expect((await replicas[0]!.rows('ffffffff-ffff-ffff-ffff-ffffffffffff')).filter(({ status }) => status === 'ready')).toEqual([]));
    expect(performance.now() - back).toBeLessThan(DRAIN_MS);
    for (const tenant of tenants) {
      const items = accepted.get(tenant)!.sort();
      const notes = [...(await replicas[0]!.desk('shop').notes('shop', tenant)),
        ...(await replicas[0]!.desk('depot').notes('depot', tenant))];
      const of = (verb: string): string[] => notes.filter((note) => note.startsWith(`${verb} `)).map((note) => note.slice(verb.length + 1))
        .filter((item) => items.includes(item)).sort();
      for (const verb of ['thank', 'pack', 'count']) expect(of(verb)).toEqual(items);
    }
    expect(during).toBeGreaterThan(3);
    expect(slowest).toBeLessThan(2_000);
    const seconds = ticks.map(({ at }) => Date.parse(at) / 1000).sort((a, b) => a - b);
    expect(seconds).toEqual(seconds.map((_, at) => seconds[0]! + at));
  });

  it('is seen again by every replica', async () => {
    await eventually(() => expect(replicas.every(({ get }) => get(BestEffortRedis).up)).toBe(true), { timeoutMs: 5_000 });
  });
});
