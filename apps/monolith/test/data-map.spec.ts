import type { ContextWiring } from '#platform/runtime';
import { dataMapFaults, platformDataMap } from '#platform/privacy';
import { engines, type TestDatabase, testDatabase, withClient } from '#platform/testing';
import { contexts } from '../../contexts.js';

describe.each(engines)('the data map on %s', (engine) => {
  let wirings: ContextWiring[];
  let database: TestDatabase;
  beforeAll(async () => {
    wirings = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
    database = await testDatabase({ engine, owners: wirings });
  });
  afterAll(() => database?.close());

  const faults = (...planted: string[]): Promise<string[]> =>
    withClient(database.admin, async (client) => {
      for (const statement of planted) await client.query(statement);
      return dataMapFaults(client, [{ name: 'kernel', dataMap: platformDataMap }, ...wirings]);
    });

  it('tells of every table, and of every column that names people', async () => {
    expect(await faults()).toEqual([]);
    expect(wirings.flatMap(({ dataMap = {} }) => Object.keys(dataMap)).length).toBeGreaterThan(25);
  });

  it('finds what is planted: a table without an entry, an entry without a table, and people nobody tells of', async () => {
    expect((await faults(
      'create table memory.diary (tenant_id uuid, id uuid)',
      'revoke delete on memory.fact from atoll_memory',
      'alter table billing.budget drop column tenant_id cascade',
      'alter table agent.agent add column author_id uuid, add column checked_by text, add column orders int',
      'drop table analytics.document',
      'alter table billing.charge drop column user_id',
    )).sort()).toEqual([
      'agent.agent.author_id names people, and the data map does not say so',
      'agent.agent.checked_by names people, and the data map does not say so',
      'billing.budget belongs to no tenant, so its life is shared',
      'billing.charge has no column user_id that could name a person',
      'memory.diary is not on the data map: say what it holds, what becomes of it with its tenant, whom it names and how long it is kept',
      `memory.fact would outlive its tenant: no role of its context may delete from it. Add systemPolicy('memory.fact', 'select', …) ` +
        `and (…, 'delete', …)`,
      'the data map of analytics tells of analytics.document, which is no table of its',
    ]);
  });

  it('finds a table without a rule for export and erasure, and rules that fit no table', async () => {
    const rules = { what: 'planted', class: 'content', kept: 'never' } as const;
    const planted = (entry: object): Promise<string[]> =>
      withClient(database.admin, (client) => dataMapFaults(client,
        [{ name: 'memory', dataMap: { ...wirings.find(({ name }) => name === 'memory')!.dataMap,
          'memory.message': { ...rules, ...entry } as never } }]))
        .then((found) => found.filter((fault) => fault.startsWith('memory.message')));
    expect(await planted({}))
      .toEqual(['memory.message has no rule for export and erasure: set its life to one of moves, rebuilt, stays, shared']);
    expect(await planted({ life: 'shared' })).toEqual([`memory.message has tenants' rows, so its life is not shared`]);
    expect(await planted({ life: 'moves', without: { colour: null } }))
      .toEqual(['memory.message has no column colour that could stay behind']);
    expect(await planted({ life: 'rebuilt', moving: 'true' })).toEqual(['memory.message does not move, so nothing can be said of how']);
  });
});
