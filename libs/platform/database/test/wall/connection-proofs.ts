import { newId } from '#platform/core';
import { asTenant, eventually } from '#platform/testing';
import { withClient } from '../../src/database.js';
import { ItemRow } from './fixture.js';
import { type Proof, expected, namesOf, past, reasonOf, tenantWith } from './proof-kit.js';

/** What a context's statement may be: one that reads or writes rows, and nothing that moves the wall. */
const REFUSED = [
  'set role none', 'reset role', `set app.tenant_id = 'x'`, 'begin', 'commit', 'rollback', 'savepoint s', 'discard all',
  'copy shop.item to stdout', 'prepare p as select 1',
  'create table shop.x (id int)', 'listen x', 'do $$ begin end $$', `select set_config('role', 'none', false)`,
  `select set_config('role', 'none', true)`,
  `select set_config('app.tenant_id', $1, true)`, `select set_config($1, 'x', true)`, `select set_config('work_mem', '64MB', false)`,
  `/* x */ set role none`, `update pg_settings set setting = 'x' where name = 'app.tenant_id'`, '',
];

export const connectionProofs: Proof[] = [
  {
    name: 'a raw connection or pool sends nothing',
    async run({ database, shop }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const connection = await database.pool.checkout({ role: 'atoll_shop', tenantId });
      const raw = connection.client as unknown as { query(sql: string): unknown };
      expected(faults, 'client.query', await reasonOf(() => raw.query('select 1')), 'kernel.no-lease');
      expected(faults, 'pool.query', await reasonOf(() => (database.pool as unknown as typeof raw).query('select 1')), 'kernel.no-lease');
      connection.release();
      expected(
        faults, 'a connection that was given back', await asTenant(tenantId, () => reasonOf(() => connection.query('select 1'))),
        'kernel.lease-misuse',
      );
      return faults;
    },
  },
  {
    name: 'statements that move the wall are not sent',
    async run({ shop }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      for (const sql of REFUSED) expected(faults, `'${sql}'`,
        await asTenant(tenantId, () => reasonOf(() => shop.query(sql, sql.includes('$1') ? [newId()] : []))), 'kernel.statement-refused');
      expected(faults, 'two statements in one',
        (await asTenant(tenantId, () => reasonOf(() => shop.query('select 1; reset role')))).startsWith('42601'), true);
      const plain = await asTenant(tenantId, () => reasonOf(() => shop.query(`select set_config('work_mem', $1, true)`, ['8MB'])));
      expected(faults, 'a planner setting of the transaction', plain, 'nothing was thrown');
      return faults;
    },
  },
  {
    name: 'the answer of a statement that ran as somebody else is thrown away',
    async run({ database, shop }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const connection = await database.pool.checkout({ role: 'none', tenantId });
      expected(
        faults, 'as the login itself', await asTenant(tenantId, () => reasonOf(() => connection.query('select 1'))), 'kernel.wrong-role',
      );
      connection.release();
      expected(faults, 'still in the pool', await gone(() => database.pool.clients.has(connection.client)), false);
      return faults;
    },
  },
  {
    name: 'a connection with leftovers serves nobody else',
    async run({ database, shop }) {
      const faults: string[] = [];
      const [a, b] = [await tenantWith(shop, 'a'), await tenantWith(shop, 'b')];
      for (const leave of [`select set_config('app.tenant_id', '${b.tenantId}', false)`, `set role atoll_shop`]) {
        const connection = await database.pool.checkout({ role: 'atoll_shop', tenantId: a.tenantId });
        const { client } = connection;
        await past(client, leave);
        const { rows } = await asTenant(a.tenantId, () => connection.query('select name from shop.item'));
        expected(faults, 'the statement itself', rows, [{ name: 'a' }]);
        connection.release();
        expected(faults, `still in the pool after ${leave.slice(0, 10)}`, await gone(() => database.pool.clients.has(client)), false);
      }
      return faults;
    },
  },
  {
    name: 'a connection that is given back in a transaction or at work is closed',
    async run({ database, shop }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const insert = [`insert into shop.item (tenant_id, id, name) values ('${tenantId}', '${newId()}', 'forgotten')`] as const;
      const open = await database.pool.checkout({ role: 'atoll_shop', tenantId });
      open.begin();
      await asTenant(tenantId, () => open.query(...insert));
      open.release();
      const busy = await database.pool.checkout({ role: 'atoll_shop', tenantId });
      const running = asTenant(tenantId, () => busy.query('select pg_sleep(0.05)')).catch(() => undefined);
      busy.release();
      await running;
      for (const { client } of [open, busy])
        expected(faults, 'still in the pool', await gone(() => database.pool.clients.has(client)), false);
      expected(faults, 'rows', await eventually(() => namesOf(shop, tenantId)), ['a']);
      return faults;
    },
  },
  {
    name: 'ordinary work leaves nothing on a connection and costs none',
    async run({ database, shop }) {
      const faults: string[] = [];
      const { tenantId, id } = await tenantWith(shop, 'a');
      const before = [...database.pool.clients];
      for (let round = 0; round < 10; round++) {
        await asTenant(tenantId, async () => {
          await shop.repo(ItemRow).findOneBy({ id });
          await shop.tx(() => shop.query('select name from shop.item'));
          await reasonOf(() => shop.query('select 1 / 0'));
          await reasonOf(() => shop.query('select $1::int', [circular()]));
          await reasonOf(() => shop.tx(() => shop.query('select 1 / 0')));
          await shop.repo(ItemRow).save({ tenantId, id, name: 'a' });
        });
      }
      expected(faults, 'connections closed on the way', before.filter((client) => !database.pool.clients.has(client)).length, 0);
      for (const client of database.pool.clients) {
        const [left] = await past<{ role: string; tenant: string | null; who: boolean }>(client,
          `select current_setting('role') as role, current_setting('app.tenant_id', true) as tenant, current_user = session_user as who`);
        expected(faults, 'left behind', [left!.role, left!.tenant || null, left!.who, client.getTransactionStatus()],
          ['none', null, true, 'I']);
      }
      return faults;
    },
  },
  {
    name: 'more statements than a connection keeps prepared, and longer ones, give the same answers',
    async run({ shop }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const texts = [...Array.from({ length: 450 }, (_, at) => `select name, ${at} as at from shop.item`),
        `select name, 451 as at from shop.item where 1 in (${Array.from({ length: 3_000 }, () => '1').join(',')})`];
      await asTenant(tenantId, async () => {
        for (let round = 0; round < 2; round++) for (const text of texts)
          expected(faults, text.slice(0, 40), (await shop.query<{ name: string }>(text))[0]?.name, 'a');
      });
      return faults.slice(0, 5);
    },
  },
  {
    name: 'a table that a migration changed under prepared statements is read anew',
    async run({ shop, admin }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const read = (): Promise<unknown> =>
        asTenant(tenantId, () => Promise.all(Array.from({ length: 8 }, () => shop.query('select * from shop.item'))));
      await read();
      await withClient(admin, (client) => client.query('alter table shop.item add column extra int'));
      expected(faults, 'reading after it', await reasonOf(read), 'nothing was thrown');
      await withClient(admin, (client) => client.query('alter table shop.item drop column extra'));
      return faults;
    },
  },
  {
    name: 'a lost connection fails its statement as unavailable and nobody else\'s',
    server: true,
    async run({ database, shop, admin }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const running = asTenant(tenantId, () => reasonOf(() => shop.query('select pg_sleep(5), 77')));
      await eventually(() => terminate(admin, `query like '%pg_sleep(5), 77%' and state = 'active'`));
      expected(faults, 'the running statement', await running, 'kernel.database-unavailable');
      await eventually(() => namesOf(shop, tenantId));
      await terminate(admin, `usename <> current_user and datname = current_database()`);
      // A pooler of transactions keeps ours, and opens another to the server.
      if (database.target.limits.pooler !== 'transaction') {
        await eventually(() => {
          if ([...database.pool.clients].some((client) => !client.unfit)) throw new Error('one has not heard yet');
        });
      }
      const after = await Promise.all(Array.from({ length: 10 }, () => reasonOf(() => namesOf(shop, tenantId))));
      expected(faults, 'the ones after it', new Set(after), new Set(['nothing was thrown']));
      expected(faults, 'connections', database.pool.clients.size <= database.target.limits.size, true);
      return faults;
    },
  },
];

async function terminate(admin: Parameters<typeof withClient>[0], which: string): Promise<void> {
  const { rowCount } = await withClient(admin,
    (client) => client.query(`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and ${which}`));
  if (!rowCount) throw new Error('no such connection yet');
}

async function gone(there: () => boolean): Promise<boolean> {
  await eventually(() => {
    if (there()) throw new Error('still there');
  }, { timeoutMs: 1_000 }).catch(() => undefined);
  return there();
}

function circular(): object {
  const one: { self?: object } = {};
  one.self = one;
  return one;
}
