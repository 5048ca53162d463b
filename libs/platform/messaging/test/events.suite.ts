import { eventually } from '#platform/testing';
import { current, currentFlow, newId, Secrets } from '#platform/core';
import { seal } from '../src/outbox/envelope.js';
import type { DeliveryHarness, MakeHarness } from './harness.js';
import { behave, depot, newDepot, shop, sold, soldAnew } from './house.js';
import { type Office, SECRET, as } from './office.js';

/** What `events.publish` and `@On` promise, whatever carries the messages. */
export function eventsConformance(makeHarness: MakeHarness): void {
  let harness: DeliveryHarness;
  let office: Office;

  beforeAll(async () => {
    harness = await makeHarness();
    office = await harness.open([shop, depot]);
  });
  afterAll(async () => {
    await office?.close();
    await harness?.close();
  });

  const publish = (tenantId: string, item: string): Promise<void> => as(tenantId, () => office.desk('shop').events.publish(sold, { item }));
  const notes = (context: string, tenantId: string): Promise<string[]> => office.desk(context).notes(context, tenantId);

  it('gives an event to each handler once, in the flow of the one who published it', async () => {
    const tenant = newId();
    const seen: unknown[] = [];
    behave(tenant, 'depot.count', (event) => seen.push({ tenant: current().tenantId, user: current().actor.id,
      trace: currentFlow()?.traceparent.slice(3, 35), causation: currentFlow()?.causation, id: event.id, attempt: event.attempt }));
    const user = newId();
    let trace: string | undefined;
    await as(tenant, async () => {
      trace = currentFlow()?.traceparent.slice(3, 35);
      await office.desk('shop').events.publish(sold, { item: 'lamp' });
    }, user);
    await eventually(async () => expect(await notes('depot', tenant)).toEqual(['count lamp']));
    await eventually(async () => expect(await notes('shop', tenant)).toEqual(['thank lamp']));
    expect(seen).toEqual([{ tenant, user, trace, causation: expect.any(String), id: (seen[0] as { causation: string }).causation,
      attempt: 1 }]);
    await eventually(async () => expect(await office.rows(tenant)).toEqual([]));
  });

  it('keeps what is published in a transaction that commits, and nothing of one that does not', async () => {
    const tenant = newId();
    const { db, events } = office.desk('shop');
    await expect(as(tenant, () => db.tx(async () => {
      await events.publish(sold, { item: 'never' });
      throw new Error('no sale');
    }))).rejects.toThrow('no sale');
    await as(tenant, () => db.tx(async () => {
      await events.publish(sold, { item: 'one' });
      await events.publish(sold, { item: 'two' });
    }));
    await eventually(async () => expect((await notes('depot', tenant)).sort()).toEqual(['count one', 'count two']));
    expect(await notes('shop', tenant)).not.toContain('thank never');
  });

  it('loses none of what eight writers commit at once, in whatever order they commit', async () => {
    const tenants = Array.from({ length: 4 }, newId);
    const { db, events } = office.desk('shop');
    const each = 30;
    await Promise.all(Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; n < each; n++) {
        const item = `${writer}-${n}`;
        const one = (): Promise<void> => events.publish(sold, { item });
        await as(tenants[n % 4]!, () => (n % 3 === 0 ? one() : db.tx(async () => {
          await one();
          await db.query('select pg_sleep(random() * 0.004)');
        })));
      }
    }));
    await eventually(async () => {
      const counted = (await Promise.all(tenants.map((tenant) => notes('depot', tenant)))).flat();
      expect(counted.length).toBe(8 * each);
      expect(new Set(counted).size).toBe(8 * each);
    }, { timeoutMs: 30_000 });
  });

  it('tries a failing handler again by itself, keeps nothing of a failed try, and gives up into a dead letter that can be ' +
    'replayed', async () => {
    const tenant = newId();
    const attempts: number[] = [];
    let broken = true;
    behave(tenant, 'depot.count', (event) => {
      attempts.push(event.attempt);
      if (broken) throw new Error('the shelf is missing');
    });
    await publish(tenant, 'chair');
    const letter = await eventually(async () => {
      const { items } = await office.deadLetters.list({ tenantId: tenant });
      expect(items).toHaveLength(1);
      return items[0]!;
    });
    expect(letter).toMatchObject({ handler: 'depot.count', name: 'shop.sold', state: 'dead', attempts: 3, data: { item: 'chair' },
      error: { code: 'internal' } });
    expect(JSON.stringify(letter.error)).not.toContain('shelf');
    expect(attempts).toEqual([1, 2, 3]);
    expect(await notes('depot', tenant)).toEqual([]);
    expect(await notes('shop', tenant)).toEqual(['thank chair']);
    broken = false;
    expect(await office.deadLetters.replay(letter)).toBe(true);
    await eventually(async () => expect(await notes('depot', tenant)).toEqual(['count chair']));
    expect(await office.deadLetters.replay(letter)).toBe(false);
  });

  it('forgets a discarded dead letter, and replays all of a handler', async () => {
    const tenant = newId();
    let broken = true;
    behave(tenant, 'depot.count', () => {
      if (broken) throw new Error('no');
    });
    for (const item of ['a', 'b', 'c']) await publish(tenant, item);
    const items = await eventually(async () => {
      const page = await office.deadLetters.list({ tenantId: tenant, handler: 'depot.count' });
      expect(page.items).toHaveLength(3);
      return page.items;
    });
    const first = await office.deadLetters.list({ tenantId: tenant, limit: 2 });
    const second = await office.deadLetters.list({ tenantId: tenant, limit: 2, cursor: first.nextCursor! });
    expect([...first.items, ...second.items].map(({ messageId }) => messageId)).toEqual(items.map(({ messageId }) => messageId));
    expect(second.nextCursor).toBeNull();
    expect(await office.deadLetters.discard(items[0]!)).toBe(true);
    broken = false;
    expect(await office.deadLetters.replayAll('depot.count')).toBe(2);
    await eventually(async () => expect(await notes('depot', tenant)).toHaveLength(2));
  });

  it('is not held up by a poisonous message', async () => {
    const [sick, well] = [newId(), newId()];
    behave(sick, 'depot.count', () => {
      throw new Error('poison');
    });
    for (let n = 0; n < 10; n++) await publish(sick, `${n}`);
    for (let n = 0; n < 20; n++) await publish(well, `${n}`);
    await eventually(async () => expect(await notes('depot', well)).toHaveLength(20));
  });

  it('makes the effects of a message that comes twice once', async () => {
    const tenant = newId();
    const messageId = newId();
    const message = as(tenant, () => seal(new Secrets(SECRET), messageId, sold, current(), { item: 'twice' }));
    const row = { tenantId: tenant, messageId, handler: 'depot.count', version: 1 };
    let runs = 0;
    // Again while it runs, and again when it is over.
    behave(tenant, 'depot.count', async () => {
      if (++runs === 1) office.sendTwice(row);
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    await office.insert({ ...message, handler: 'depot.count', context: 'depot', kind: 'event' });
    await eventually(async () => expect(await office.rows(tenant)).toEqual([]));
    office.sendTwice(row);
    await publish(tenant, 'next');
    await eventually(async () => expect((await notes('depot', tenant)).sort()).toEqual(['count next', 'count twice']));
    expect(runs).toBe(2);
  });

  it('stops a handler that takes too long and keeps nothing of it', async () => {
    const tenant = newId();
    behave(tenant, 'shop.thank', (event) => (event.attempt === 1 ? new Promise(() => undefined) : undefined));
    await publish(tenant, 'slow');
    await eventually(async () => expect(await notes('shop', tenant)).toEqual(['thank slow']));
  });

  it('refuses what Atoll did not sign, or what was changed since', async () => {
    const tenant = newId();
    const message = as(tenant, () => seal(new Secrets(SECRET), newId(), sold, current(), { item: 'real' }));
    const forged = as(tenant,
      () => seal(new Secrets('another secret that is as long as that'), newId(), sold, current(), { item: 'forged' }));
    const delivery = { handler: 'depot.count', context: 'depot', kind: 'event' };
    await office.insert({ ...forged, ...delivery });
    await office.insert({ ...message, ...delivery, body: message.body.replace('real', 'fake') });
    await office.insert({ ...message, ...delivery, messageId: newId() });
    await eventually(async () => {
      const { items } = await office.deadLetters.list({ tenantId: tenant });
      expect(items.map(({ error }) => error?.reason)).toEqual(['kernel.envelope', 'kernel.envelope', 'kernel.envelope']);
    });
    const stolen = newId();
    await office.insert({ ...message, ...delivery, tenantId: stolen });
    await eventually(async () => expect((await office.deadLetters.list({ tenantId: stolen })).items).toHaveLength(1));
    expect([...await notes('depot', tenant), ...await notes('depot', stolen)]).toEqual([]);
  });

  it('parks a version nobody knows and keeps events for a process that is down, until one comes', async () => {
    const tenant = newId();
    await as(tenant, () => office.desk('shop').events.publish(soldAnew, { item: 'sofa', colour: 'red' }));
    const { items } = await office.deadLetters.list({ state: 'parked', tenantId: tenant });
    expect(items.map(({ handler }) => handler).sort()).toEqual(['depot.count', 'shop.thank']);
    await office.close();

    office = await harness.open([shop]);
    await publish(tenant, 'desk');
    await eventually(async () => expect(await notes('shop', tenant)).toEqual(['thank desk']));
    expect((await office.rows(tenant)).filter(({ handler }) => handler === 'depot.count').map(({ status }) => status).sort())
      .toEqual(['parked', 'ready']);
    await office.close();

    office = await harness.open([shop, newDepot]);
    await eventually(async () => expect((await notes('depot', tenant)).sort()).toEqual(['count desk', 'count red sofa']));
  });
}
