import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { eventually, startRedis, type TestRedis } from '#platform/testing';
import { newId } from '#platform/core';
import { PREFIX } from '../src/workers/bull-queues.js';
import { onPostgres } from './engines.js';
import type { DeliveryHarness } from './harness.js';
import { behave, depot, pack, shop, sold } from './house.js';
import { as, type Office } from './office.js';

/** Somebody else can write to Redis: what stands there are hints, and the outbox decides. */
describe('what was put into a queue by somebody else', () => {
  let redis: TestRedis;
  let client: Redis;
  let harness: DeliveryHarness;
  let office: Office;
  const queues: Queue[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url, { maxRetriesPerRequest: null });
    harness = await onPostgres({ REDIS_URL: redis.url, ATOLL_LEASE_SECONDS: '4' });
    office = await harness.open([shop, depot]);
  });
  afterAll(async () => {
    for (const queue of queues) await queue.close();
    client?.disconnect();
    await office?.close();
    await harness?.close();
    await redis?.close();
  });

  const queue = (name: string): Queue => {
    const made = new Queue(name, { connection: client, prefix: PREFIX });
    queues.push(made);
    return made;
  };
  const notes = (context: string, tenant: string): Promise<string[]> => office.desk(context).notes(context, tenant);

  it('does not run a job twice at once, although it says that the process of the first run died', async () => {
    const tenant = newId();
    let runs = 0;
    let open!: () => void;
    const door = new Promise<void>((resolve) => (open = resolve));
    behave(tenant, 'shop.pack', async () => {
      runs++;
      await door;
    });
    const { id } = await as(tenant, () => office.desk('shop').jobs.add(pack, { item: 'lamp' }));
    await eventually(() => expect(runs).toBe(1));
    // Longer than a run may go without a sign of life.
    await sleep(2_500);
    const shopPack = queue('shop.pack');
    for (let n = 0; n < 3; n++) {
      const key = `forged-${n}`;
      await client.hset(shopPack.toKey(key), { name: 'shop.pack', data: JSON.stringify({ key, tenantId: tenant, ids: [id], more: false }),
        opts: '{}', timestamp: Date.now(), delay: 0, priority: 0, stc: 1 });
      await client.lpush(shopPack.toKey('wait'), key);
      await client.zadd(shopPack.toKey('marker'), 0, '0');
    }
    await eventually(async () => expect(await client.llen(shopPack.toKey('wait'))).toBe(0));
    await sleep(500);
    open();
    const status = (): Promise<object> => as(tenant, () => office.desk('shop').jobs.get(id));
    await eventually(async () => expect(await status()).toMatchObject({ state: 'done', attempt: 1 }));
    expect(runs).toBe(1);
    expect(await notes('shop', tenant)).toEqual(['pack lamp']);
  });

  const malformed: [string, Record<string, string | number>][] = [
    ['data that are no JSON', { data: '{{{', opts: '{}' }],
    ['options that are no JSON', { data: '{}', opts: '{{{' }],
    ['progress that is no JSON', { data: '{}', opts: '{}', progress: '{{{' }],
    ['data of another shape', { data: '{"ids":"all"}', opts: '{}' }],
    ['ids that are none', { data: JSON.stringify({ tenantId: newId(), ids: ["' or true"] }), opts: '{}' }],
    ['null', { data: 'null', opts: '{}' }],
  ];

  it.each(malformed)('is removed, and holds up nobody: %s', async (what, fields) => {
    const tenant = newId();
    const counting = queue('depot.count');
    const key = `malformed-${newId()}`;
    await client.hset(counting.toKey(key), { name: 'depot.count', timestamp: Date.now(), delay: 0, priority: 0, ...fields });
    await client.lpush(counting.toKey('wait'), key);
    await client.zadd(counting.toKey('marker'), 0, '0');
    await as(tenant, () => office.desk('shop').events.publish(sold, { item: what }));
    await eventually(async () => expect(await notes('depot', tenant)).toEqual([`count ${what}`]));
    await eventually(async () => {
      const left = await Promise.all(['wait', 'active'].map((list) => client.llen(counting.toKey(list))));
      expect([...left, await client.exists(counting.toKey(key))]).toEqual([0, 0, 0]);
    });
  });
});
