import { eventually } from '#platform/testing';
import { newId } from '#platform/core';
import { onRedis } from './engines.js';
import type { DeliveryHarness } from './harness.js';
import { depot, newDepot, shop, sold, soldAnew } from './house.js';
import { as, type Office } from './office.js';

/** Two processes over one database and one Redis: `depot` knows shop.sold version 1, `newDepot` 1 and 2. */
describe('while a release is rolled, events', () => {
  let harness: DeliveryHarness;
  const open: Office[] = [];

  beforeAll(async () => {
    harness = await onRedis({ ATOLL_POLL_SECONDS: '1' });
  });

  afterAll(async () => {
    for (const office of open) await office.close();
    await harness?.close();
  });

  it('of both versions are each handled once by a process that knows them; rolled back, the new ones wait for it', async () => {
    const start = async (wiring: typeof depot): Promise<Office> => {
      const office = await harness.open([shop, wiring]);
      open.push(office);
      return office;
    };
    const tenant = newId();
    const publish = (office: Office, name: string): Promise<unknown> =>
      as(tenant, () => Promise.all(Array.from({ length: 20 },
        (_, at) => office.desk('shop').events.publish(sold, { item: `${name} ${at}` }))));
    const publishNew = (office: Office, name: string): Promise<unknown> =>
      as(tenant, () => Promise.all(Array.from({ length: 20 },
        (_, at) => office.desk('shop').events.publish(soldAnew, { item: `${name} ${at}`, colour: 'red' }))));
    const counted = (office: Office): Promise<string[]> => office.desk('depot').notes('depot', tenant);
    const each = (name: string): string[] => Array.from({ length: 20 }, (_, at) => `count ${name} ${at}`);

    const before = await start(depot);
    const next = await start(newDepot);
    await Promise.all([publish(before, 'old'), publish(next, 'mixed'), publishNew(next, 'new')]);
    const all = [...each('old'), ...each('mixed'), ...each('red new')].sort();
    await eventually(async () => expect((await counted(before)).sort()).toEqual(all));

    // Rolled back: the next version's process goes away with events of its own just published.
    open.splice(open.indexOf(next), 1);
    await publishNew(next, 'late');
    await next.close();
    await publish(before, 'after');
    await eventually(async () => expect((await counted(before)).filter((note) => note.includes('after'))).toHaveLength(20));
    await eventually(async () => {
      const waiting = (await before.rows(tenant)).filter(({ handler }) => handler === 'depot.count');
      const lateDone = (await counted(before)).filter((note) => note.includes('late')).length;
      expect(waiting.length + lateDone).toBe(20);
      expect(waiting.every(({ status, attempt }) => attempt === 0 && (status === 'ready' || status === 'parked'))).toBe(true);
    });

    // Rolled out again.
    const again = await start(newDepot);
    await eventually(async () => expect((await counted(again)).sort()).toEqual([...all, ...each('after'), ...each('red late')].sort()));
  }, 60_000);
});
