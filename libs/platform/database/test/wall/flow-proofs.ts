import { currentFlow, type Flow, newId, runInFlow } from '#platform/core';
import { asTenant } from '#platform/testing';
import { ItemRow } from './fixture.js';
import { type Proof, type ProofGround, expected, namesOf, occupy, reasonOf, tenantWith } from './proof-kit.js';

/** A flow whose tenant can be changed under its statements, as no code of ours may. */
function loose(tenantId: string): Flow {
  return { requestId: newId(), traceparent: '', scope: { tenantId, actor: { kind: 'user', id: newId(), roles: [], permissions: [] } } };
}

const NO_TENANT = 'kernel.no-tenant';
const CHANGED = 'kernel.tenant-changed';

/** Whose a statement is: the flow's tenant, or nobody's and then it is not sent. */
export const flowProofs: Proof[] = [
  {
    name: 'a tenant sees and writes its own rows only, through repositories, SQL and units of work',
    async run({ shop }) {
      const faults: string[] = [];
      const [a, b] = [await tenantWith(shop, 'a'), await tenantWith(shop, 'b')];
      expected(faults, 'SQL', [await namesOf(shop, a.tenantId), await namesOf(shop, b.tenantId)], [['a'], ['b']]);
      expected(faults, 'repository', await asTenant(b.tenantId, () => shop.repo(ItemRow).findOneBy({ id: a.id })), null);
      expected(faults, 'unit of work',
        await asTenant(b.tenantId, () => shop.tx(() => shop.repo(ItemRow).find())).then((rows) => rows.map((row) => row.name)), ['b']);
      await asTenant(b.tenantId, () => shop.query('update shop.item set name = $1', ['taken']));
      await asTenant(b.tenantId, () => shop.repo(ItemRow).delete({ id: a.id }));
      expected(faults, 'after another one wrote', await namesOf(shop, a.tenantId), ['a']);
      const insert = (): Promise<unknown> => shop.repo(ItemRow).insert({ tenantId: a.tenantId, id: newId(), name: 'planted' });
      expected(faults, 'a row in another name', (await reasonOf(() => asTenant(b.tenantId, insert))).includes('row-level security'), true);
      return faults;
    },
  },
  {
    name: 'without a tenant nothing is sent',
    async run({ shop }) {
      const faults: string[] = [];
      const tries: Record<string, () => unknown> = {
        query: () => shop.query('select 1'),
        repository: () => shop.repo(ItemRow).find(),
        save: () => shop.repo(ItemRow).save({ tenantId: newId(), id: newId(), name: 'x' }),
        'unit of work': () => shop.tx(() => shop.query('select 1')),
      };
      for (const [what, work] of Object.entries(tries)) {
        expected(faults, `${what} outside a flow`, await reasonOf(work), NO_TENANT);
        for (const tenantId of ['', 'not-a-tenant', `${newId()} `])
          expected(faults, `${what} as '${tenantId}'`, await reasonOf(() => runInFlow(loose(tenantId), work)), NO_TENANT);
        expected(faults, `${what} in a flow that knows nobody yet`,
          await reasonOf(() => runInFlow({ requestId: '', traceparent: '' }, work)), NO_TENANT);
      }
      return faults;
    },
  },
  {
    name: 'a tenant that changes while its statement waits for a connection stops the statement',
    async run({ database, shop }) {
      const faults: string[] = [];
      const [a, b] = [await tenantWith(shop, 'a'), await tenantWith(shop, 'b')];
      for (const [what, work] of Object.entries(someWork(shop))) {
        const free = await occupy(database, a.tenantId);
        const flow = loose(a.tenantId);
        const waiting = runInFlow(flow, () => reasonOf(work));
        flow.scope = { ...flow.scope!, tenantId: b.tenantId };
        free();
        expected(faults, what, await waiting, CHANGED);
      }
      return faults;
    },
  },
  {
    name: 'a tenant that changes inside a unit of work stops its next statement',
    async run({ shop }) {
      const faults: string[] = [];
      const [a, b] = [await tenantWith(shop, 'a'), await tenantWith(shop, 'b')];
      for (const [what, work] of Object.entries(someWork(shop))) {
        const flow = loose(a.tenantId);
        const unit = runInFlow(flow, () => shop.tx(async () => {
          await shop.query('select 1');
          currentFlow()!.scope = { ...flow.scope!, tenantId: b.tenantId };
          await work();
        }));
        expected(faults, what, await reasonOf(() => unit), CHANGED);
      }
      return faults;
    },
  },
  {
    name: 'a tenant that changes while its statement waits for another one of its unit stops it',
    async run({ shop }) {
      const faults: string[] = [];
      const [a, b] = [await tenantWith(shop, 'a'), await tenantWith(shop, 'b')];
      const unit = asTenant(a.tenantId, () => shop.tx(async () => {
        const first = shop.query('select pg_sleep(0.02)');
        const second = reasonOf(() => shop.query('select name from shop.item'));
        const flow = currentFlow()!;
        const scope = flow.scope!;
        flow.scope = { ...scope, tenantId: b.tenantId };
        await first;
        expected(faults, 'the waiting statement', await second, CHANGED);
        flow.scope = scope;
      }));
      await unit.catch(() => undefined);
      return faults;
    },
  },
  {
    name: 'callbacks of a pool that is full run in the flow they were given in',
    async run({ database, shop }) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(shop, 'a');
      const tenants = Array.from({ length: 50 }, () => newId());
      const free = await occupy(database, tenantId);
      let wrong = 0;
      const all = Promise.all(Array.from({ length: 1_000 }, (_, at) => new Promise<void>((resolve, reject) => {
        const mine = tenants[at % tenants.length]!;
        asTenant(mine, () => database.pool.connect((error, _client, release) => {
          if (error) return reject(error);
          if (currentFlow()?.scope?.tenantId !== mine) wrong++;
          setImmediate(release);
          resolve();
        }));
      })));
      free();
      await all;
      expected(faults, 'callbacks under another tenant of 1,000', wrong, 0);
      return faults;
    },
  },
  {
    name: 'a connection born inside a flow does not keep it',
    async run(ground) {
      const faults: string[] = [];
      const { tenantId } = await tenantWith(ground.shop, 'a');
      const seen = await bornInside(ground, tenantId);
      expected(faults, 'tenant in the events of a new connection', seen, null);
      return faults;
    },
  },
];

function someWork(shop: ProofGround['shop']): Record<string, () => Promise<unknown>> {
  return { query: () => shop.query('select name from shop.item'), repository: () => shop.repo(ItemRow).find() };
}

/** The tenant that the events of a connection run under which a request made the pool open. */
async function bornInside({ database }: ProofGround, tenantId: string): Promise<string | null> {
  const { pool } = database;
  const connections = await Promise.all(
    Array.from({ length: database.target.limits.size }, async () => pool.checkout({ role: 'atoll_shop', tenantId }))
  );
  connections.forEach((connection) => connection.release(true));
  const connection = await asTenant(tenantId, () => pool.checkout({ role: 'atoll_shop', tenantId }));
  const seen = new Promise<string | null>(
    (resolve) => connection.client.connection.once('readyForQuery', () => resolve(currentFlow()?.scope?.tenantId ?? null))
  );
  await asTenant(tenantId, () => connection.query('select 1'));
  connection.release();
  return seen;
}
