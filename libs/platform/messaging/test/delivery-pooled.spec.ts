import { eventually, startPgBouncer, startRedis, testDatabase, type TestDatabase, type TestPgBouncer,
  type TestRedis } from '#platform/testing';
import { newId } from '#platform/core';
import { serverTarget } from '#platform/runtime';
import { depot, shop, sold } from './house.js';
import { as, type Office, openOffice } from './office.js';

describe('events and jobs through a pooler of transactions', () => {
  let test: TestDatabase;
  let bouncer: TestPgBouncer;
  let redis: TestRedis;
  const open: Office[] = [];

  beforeAll(async () => {
    test = await testDatabase({ engine: 'postgres' });
    bouncer = await startPgBouncer({ urls: [test.url!] });
    redis = await startRedis();
  });

  afterEach(async () => {
    for (const office of open.splice(0)) await office.close();
  });

  afterAll(async () => {
    await bouncer?.close();
    await test?.close();
    await redis?.close();
  });

  const start = async (env: Record<string, string>, directUrl?: string): Promise<Office> => {
    const office = await openOffice([shop, depot], (schemas) =>
      serverTarget(bouncer.through(test.url!), test.adminUrl, schemas,
        { size: 6, statementMs: 30_000, waitMs: 10_000, pooler: 'transaction' }, directUrl), env);
    open.push(office);
    return office;
  };

  const publishedAndHandled = async (publisher: Office, handler: Office): Promise<number> => {
    const tenant = newId();
    const from = performance.now();
    await as(tenant, () => publisher.desk('shop').events.publish(sold, { item: 'lamp' }));
    await eventually(async () => expect(await handler.desk('shop').notes('shop', tenant)).toEqual(['thank lamp']));
    return performance.now() - from;
  };

  it('are heard of at once by another process over Redis, also when the sweep sleeps', async () => {
    const publisher = await start({ ATOLL_RUN_JOBS: 'false', REDIS_URL: redis.url });
    const handler = await start({ ATOLL_POLL_SECONDS: '3600', REDIS_URL: redis.url });
    for (let round = 0; round < 5; round++) expect(await publishedAndHandled(publisher, handler)).toBeLessThan(2_000);
  });

  it.each([['with the direct URL', true], ['without one', false]])('are found by the sweep without Redis, %s', async (_how, direct) => {
    const publisher = await start({ ATOLL_RUN_JOBS: 'false' });
    const handler = await start({ ATOLL_POLL_SECONDS: '1' }, direct ? test.url : undefined);
    for (let round = 0; round < 2; round++) expect(await publishedAndHandled(publisher, handler)).toBeLessThan(4_000);
    await expect(publishedAndHandled(handler, handler)).resolves.toBeLessThan(900);
  });

  it.each([['with the direct URL', true], ['without one', false]])('are run by one process at a time without ' +
    'Redis, %s', async (_how, direct) => {
    const first = await start({}, direct ? test.url : undefined);
    const second = await start({}, direct ? test.url : undefined);
    await publishedAndHandled(first, first);
    open.splice(open.indexOf(first), 1);
    await first.close();
    // The second one takes over within its next try.
    expect(await publishedAndHandled(second, second)).toBeLessThan(8_000);
  });
});
