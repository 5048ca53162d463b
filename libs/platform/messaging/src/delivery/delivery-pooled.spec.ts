import { eventually, startPgBouncer, testDatabase, type TestDatabase, type TestPgBouncer } from '#platform/testing';
import { newId } from '#platform/core';
import { serverTarget } from '#platform/runtime';
import { depot, shop, sold } from '../../test/house.js';
import { as, type Office, openOffice } from '../../test/office.js';

describe('events and jobs through a pooler of transactions', () => {
  let test: TestDatabase;
  let bouncer: TestPgBouncer;
  const open: Office[] = [];

  beforeAll(async () => {
    test = await testDatabase({ engine: 'postgres' });
    bouncer = await startPgBouncer({ urls: [test.url!] });
  });

  afterEach(async () => {
    for (const office of open.splice(0)) await office.close();
  });

  afterAll(async () => {
    await bouncer?.close();
    await test?.close();
  });

  const start = async (env: Record<string, string>, directUrl?: string): Promise<Office> => {
    const office = await openOffice([shop, depot], (schemas) => serverTarget(bouncer.through(test.url!), test.adminUrl, schemas, { size: 6, statementMs: 30_000, waitMs: 10_000, pooler: 'transaction' }, directUrl), env);
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

  it('are heard of at once over the direct URL, also when the poll sleeps', async () => {
    const publisher = await start({ ATOLL_RUN_JOBS: 'false' });
    const handler = await start({ ATOLL_POLL_SECONDS: '3600' }, test.url);
    for (let round = 0; round < 5; round++) expect(await publishedAndHandled(publisher, handler)).toBeLessThan(2_000);
  });

  it('are found within a second or so without one', async () => {
    const publisher = await start({ ATOLL_RUN_JOBS: 'false' });
    const handler = await start({});
    for (let round = 0; round < 2; round++) expect(await publishedAndHandled(publisher, handler)).toBeLessThan(4_000);
  });
});
