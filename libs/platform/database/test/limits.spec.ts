import { asTenant, engines } from '#platform/testing';
import { namesOf, occupy, reasonOf, tenantWith } from './wall/proof-kit.js';
import { type OpenFixture, openWalled } from './wall/fixture.js';
import { newId } from '#platform/core';

describe.each(engines)('limits of the pool on %s', (engine) => {
  let open: OpenFixture;

  beforeAll(async () => {
    open = await openWalled(engine, undefined, { size: 1, waitMs: 300, statementMs: 400 });
  });

  afterAll(async () => {
    await open.close();
  });

  it('tell those who waited too long for a connection to come back, and serve the others in the order they came', async () => {
    const shop = open.database.dbs.get('shop')!;
    const { tenantId } = await tenantWith(shop, 'a');
    const free = await occupy(open.database, tenantId);
    const order: number[] = [];
    expect(await reasonOf(() => namesOf(shop, tenantId))).toBe('kernel.database-busy');
    const patient = Array.from({ length: 6 }, (_, at) => namesOf(shop, tenantId).then(() => order.push(at)));
    free();
    await Promise.all(patient);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  if (engine === 'postgres') {
    it('stop a statement that takes too long, and keep its connection', async () => {
      const shop = open.database.dbs.get('shop')!;
      const before = [...open.database.pool.clients];
      expect(await asTenant(newId(), () => reasonOf(() => shop.query('select pg_sleep(5)')))).toBe('kernel.statement-timeout');
      expect(await asTenant(newId(), () => reasonOf(() => shop.tx(() => shop.query('select pg_sleep(5)')))))
        .toBe('kernel.statement-timeout');
      expect(before.every((client) => open.database.pool.clients.has(client))).toBe(true);
    });
  }
});
