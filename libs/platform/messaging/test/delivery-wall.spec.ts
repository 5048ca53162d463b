import { newId } from '#platform/core';
import { onEmbedded, onPostgres } from './engines.js';
import type { DeliveryHarness } from './harness.js';
import { depot, pack, shop, sold } from './house.js';
import { type Office, as } from './office.js';

describe.each([['embedded', onEmbedded], ['postgres', onPostgres]] as const)('the wall around messages, %s', (_engine, makeHarness) => {
  const [tenant, stranger] = [newId(), newId()];
  let harness: DeliveryHarness;
  let office: Office;

  beforeAll(async () => {
    harness = await makeHarness();
    office = await harness.open([shop, depot], { ATOLL_RUN_JOBS: 'false' });
    await as(tenant, () => office.desk('shop').events.publish(sold, { item: 'lamp' }));
    await as(tenant, () => office.desk('shop').jobs.add(pack, { item: 'lamp' }));
  });
  afterAll(async () => {
    await office?.close();
    await harness?.close();
  });

  const query = (who: string, context: string, sql: string, params: unknown[] = []): Promise<{ handler?: string }[]> =>
    as(who, () => office.desk(context).db.query<{ handler?: string }>(sql, params));
  const handlers = async (who: string, context: string): Promise<(string | undefined)[]> =>
    (await query(who, context, 'select handler from kernel.delivery')).map(({ handler }) => handler).sort();

  it('shows a context its own handlers\' messages of the current tenant', async () => {
    expect(await handlers(tenant, 'shop')).toEqual(['shop.pack', 'shop.thank']);
    expect(await handlers(tenant, 'depot')).toEqual(['depot.count']);
    expect(await handlers(stranger, 'shop')).toEqual([]);
  });

  it.each([
    ['end a message', `update kernel.delivery set status = 'done'`],
    ['take over a run', `update kernel.delivery set claim = claim + 1`],
    ['forget that a handler ran', 'delete from kernel.inbox'],
    ['change what a handler did', `update kernel.inbox set step = 'x'`],
    ['subscribe', `insert into kernel.subscription (event, handler, version, context) values ('shop.sold', 'shop.x', 1, 'shop')`],
    ['turn the clock', 'update kernel.schedule set next_at = now()'],
  ])('does not let a context %s', async (_what, sql) => {
    await expect(query(tenant, 'shop', sql)).rejects.toThrow(/permission denied/);
  });

  it('does not let a context publish for another tenant, or note for another context', async () => {
    const row = [stranger, newId(), 'depot.count', 'depot', 'shop.sold'];
    await expect(query(tenant, 'shop', `insert into kernel.delivery (tenant_id, message_id, handler, context, kind, name, version, ` +
      `body, signature, status) values ($1, $2, $3, $4, 'event', $5, 1, '', '', 'ready')`, row)).rejects.toThrow(/row-level security/);
    await expect(query(tenant, 'shop', `insert into kernel.inbox (tenant_id, message_id, handler, step) values ($1, $2, 'depot.count', '')`,
      [tenant, newId()])).rejects.toThrow(/row-level security/);
  });

  it('lets a context move its own waiting job\'s key and nobody else\'s', async () => {
    await query(tenant, 'depot', `update kernel.delivery set dedupe_key = 'taken'`);
    expect(await query(tenant, 'shop', `select handler from kernel.delivery where dedupe_key is not null`)).toEqual([]);
    expect(await query(stranger, 'shop', `update kernel.delivery set dedupe_key = 'taken' returning handler`)).toEqual([]);
  });

  it('lets a context end its own waiting events of the tenant, as its handlers do, and nothing else', async () => {
    expect(await query(stranger, 'shop', 'delete from kernel.delivery returning handler')).toEqual([]);
    expect(await query(tenant, 'shop', 'delete from kernel.delivery returning handler')).toEqual([{ handler: 'shop.thank' }]);
    expect([...(await handlers(tenant, 'shop')), ...(await handlers(tenant, 'depot'))]).toEqual(['shop.pack', 'depot.count']);
  });
});
