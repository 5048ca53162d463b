import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '#platform/core';
import { asTenant } from '#platform/testing';
import { ItemRow } from './fixture.js';
import { type Proof, expected, namesOf, reasonOf, tenantWith } from './proof-kit.js';

const boom = (): never => {
  throw new Error('boom');
};

/** Units of work and system work: whole or not at all, of one context and one tenant, and over when they are over. */
export const unitProofs: Proof[] = [
  {
    name: 'a unit is kept whole or not at all, whatever wrote in it',
    async run({ shop }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const row = (name: string) => ({ tenantId, id: newId(), name });
      const write = async (): Promise<void> => {
        await shop.repo(ItemRow).insert(row('insert'));
        await shop.repo(ItemRow).save(row('save'));
        await shop.query('insert into shop.item (tenant_id, id, name) values ($1, $2, $3)', [tenantId, newId(), 'sql']);
        await shop.tx(() => shop.repo(ItemRow).insert(row('joined')));
      };
      const failed = await asTenant(tenantId, () => reasonOf(() => shop.tx(() => write().then(boom))));
      expected(faults, 'the error', failed, 'boom');
      expected(faults, 'rows after a roll-back', await namesOf(shop, tenantId), ['a']);
      await asTenant(tenantId, () => shop.tx(write));
      expected(faults, 'rows after a commit', await namesOf(shop, tenantId), ['a', 'insert', 'joined', 'save', 'sql']);
      return faults;
    },
  },
  {
    name: 'a failure that is swallowed inside a unit dooms it',
    async run({ shop }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const add = (): Promise<unknown> => shop.repo(ItemRow).insert({ tenantId, id: newId(), name: newId() });
      const ways: Record<string, [string, () => Promise<unknown>]> = {
        'a failed statement': ['kernel.rolled-back', () => shop.query('select 1 / 0')],
        'a failed joined unit': ['kernel.unit-doomed', () => shop.tx(async () => boom())],
        'a failed save': ['kernel.rolled-back', () => shop.repo(ItemRow).save({ tenantId, id: 'no-uuid', name: 'x' })],
      };
      for (const [what, [reason, fail]] of Object.entries(ways)) {
        const unit = (): Promise<void> => shop.tx(async () => {
          await add();
          await fail().catch(() => undefined);
        });
        expected(faults, what, await asTenant(tenantId, () => reasonOf(unit)), reason);
        expected(faults, `rows after ${what}`, await namesOf(shop, tenantId), ['a']);
      }
      return faults;
    },
  },
  {
    name: 'statements given at once in one unit run one after the other in it',
    async run({ shop }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const ids = await asTenant(tenantId,
        () => shop.tx(() => Promise.all(Array.from({ length: 20 }, () => shop.query<{ id: string }>('select txid_current() as id')))));
      expected(faults, 'transactions', new Set(ids.map(([row]) => row!.id)).size, 1);
      return faults;
    },
  },
  {
    name: 'what is not awaited in a unit or in system work is not sent after it',
    async run({ shop }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const late: Promise<string>[] = [];
      const straggle = async (): Promise<void> =>
        void late.push(sleep(10).then(() => reasonOf(() => shop.query('select name from shop.item'))));
      await asTenant(tenantId, () => shop.tx(straggle));
      await shop.system('proof', straggle);
      expected(faults, 'stragglers', await Promise.all(late), ['kernel.unit-over', 'kernel.unit-over']);
      return faults;
    },
  },
  {
    name: 'a unit holds one context and one tenant',
    async run({ shop, depot }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const inside = (work: () => Promise<unknown>): Promise<string> =>
        asTenant(tenantId, () => reasonOf(() => shop.tx(() => shop.query('select 1').then(work))));
      expected(faults, 'another context\'s statement', await inside(() => depot.query('select 1')), 'kernel.cross-context');
      expected(faults, 'another context\'s unit', await inside(() => depot.tx(() => depot.query('select 1'))), 'kernel.cross-context');
      expected(faults, 'system work', await inside(() => shop.system('proof', () => shop.query('select 1'))),
        'kernel.system-inside-tenant');
      return faults;
    },
  },
  {
    name: 'system work sees all tenants where a policy lets it, and nothing elsewhere',
    async run({ shop, depot }) {
      const faults: string[] = [];
      const [a, b] = [await tenantWith(shop, newId()), await tenantWith(shop, newId())];
      const look = (): Promise<{ tenant_id: string }[]> =>
        shop.query('select tenant_id from shop.item where tenant_id = any($1)', [[a.tenantId, b.tenantId]]);
      expected(faults, 'tenants in sight', new Set((await shop.system('proof', look)).map((row) => row.tenant_id)).size, 2);
      expected(faults, 'tenants in sight, inside a tenant\'s flow', (await asTenant(a.tenantId, () => shop.system('proof', look))).length,
        2);
      expected(faults, 'and after it', (await asTenant(a.tenantId, look)).length, 1);
      expected(faults, 'writing',
        (await reasonOf(() => shop.system('proof', () => shop.query('delete from shop.item')))).startsWith('42501'), true);
      expected(faults, 'a table without a policy',
        (await reasonOf(() => shop.system('proof', () => shop.query('select 1 from shop.line')))).startsWith('42501'), true);
      expected(faults, 'another context\'s tables',
        (await reasonOf(() => depot.system('proof', () => depot.query('select 1 from shop.item')))).startsWith('42501'), true);
      expected(faults, 'another context inside it', await reasonOf(() => shop.system('proof', () => depot.query('select 1'))),
        'kernel.no-tenant');
      return faults;
    },
  },
  {
    name: 'afterCommit runs after the commit, and never after a roll-back',
    async run({ shop }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const log: string[] = [];
      const unit = (name: string, end: () => unknown) => asTenant(tenantId, () => reasonOf(() => shop.tx(async () => {
        await shop.tx(async () => shop.afterCommit(() => log.push(name)));
        await shop.query('select 1');
        log.push(`${name} still open`);
        await end();
      })));
      await unit('kept', () => undefined);
      await unit('thrown', boom);
      shop.afterCommit(() => log.push('at once'));
      expected(faults, 'the order', log, ['kept still open', 'kept', 'thrown still open', 'at once']);
      return faults;
    },
  },
];
