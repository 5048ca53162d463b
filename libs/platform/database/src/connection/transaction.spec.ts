import { setTimeout as sleep } from 'node:timers/promises';
import { asTenant } from '#platform/testing';
import { type OpenFixture, openWalled } from '../../test/wall/fixture.js';
import { configureLogging, newId } from '#platform/core';
import { Transaction } from './transaction.js';

describe('a transaction', () => {
  let open: OpenFixture;
  const lines: string[] = [];

  beforeAll(async () => {
    open = await openWalled('embedded');
    configureLogging({ level: 'warn', destination: { write: (line: string) => lines.push(line) } });
  });

  afterAll(async () => {
    await open.close();
  });

  const transaction = (longMs: number, work: () => Promise<unknown>): Promise<unknown> => {
    const tenantId = newId();
    return asTenant(
      tenantId, async () => new Transaction(await open.database.pool.checkout({ role: 'atoll_shop', tenantId })).run('shop', work, longMs),
    );
  };

  it('that is held for long is logged while it is held and when it ends', async () => {
    await transaction(20, () => sleep(60));
    const said = lines.map((line) => JSON.parse(line) as { message: string; transactionOf: string });
    expect(said.map(({ message }) => message))
      .toEqual([expect.stringContaining('is held for long'), expect.stringContaining('was held for long')]);
    expect(said[0]!.transactionOf).toBe('shop');
    lines.length = 0;
    await transaction(1_000, () => sleep(1));
    expect(lines).toEqual([]);
  });

  it('whose afterCommit work throws is committed all the same', async () => {
    const tenantId = newId();
    const shop = open.database.dbs.get('shop')!;
    await asTenant(tenantId, () => shop.tx(async () => {
      await shop.query('insert into shop.item (tenant_id, id, name) values ($1, $2, $3)', [tenantId, newId(), 'kept']);
      shop.afterCommit(() => {
        throw new Error('too late');
      });
    }));
    expect(await asTenant(tenantId, () => shop.query('select name from shop.item'))).toEqual([{ name: 'kept' }]);
    expect(lines.some((line) => line.includes('afterCommit work threw'))).toBe(true);
  });
});
