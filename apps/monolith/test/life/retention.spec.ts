import { type BootedContexts, engines, eventually, withClient } from '#platform/testing';
import { RetentionJob } from '#tenancy/module';
import { type Owner, fill, newOwner, openHouse, settle } from './full-tenant.js';
import { traces } from './traces.js';

const AGING = ['update memory.conversation set updated_at =', 'update agent.run set finished_at =',
  'update agent.feedback set created_at =', 'update billing.charge set created_at =', 'update analytics.event set at =',
  'update analytics.daily set day ='];

describe.each(engines)('keeping times on %s', (engine) => {
  let booted: BootedContexts;
  let [own, other, bounded] = [] as unknown as [Owner, Owner, Owner];
  beforeAll(async () => {
    booted = await openHouse(engine, { ATOLL_RETENTION_USAGE_DAYS: '100' });
    [own, other, bounded] = [await newOwner(booted, 'Own', 'a@riff.example'), await newOwner(booted, 'Other', 'b@riff.example'),
      await newOwner(booted, 'Bounded', 'c@riff.example')];
    for (const tenant of [own, other, bounded]) await fill(booted, tenant);
  }, 120_000);
  afterAll(() => booted?.close());

  const age = ({ tenantId }: Owner, days: number): Promise<void> => withClient(booted.admin, async (client) => {
    for (const statement of AGING)
      await client.query(`${statement} now() - make_interval(days => $2::int) where tenant_id = $1`, [tenantId, days]);
  });
  const rows = async ({ tenantId }: Owner): Promise<Record<string, number>> =>
    Object.fromEntries((await traces(booted, tenantId, true)).map((line) => [line.split(' ')[0]!, Number(line.split(' ')[1])]));

  it('end what is older than the tenant or the deployment allows, and nothing else', async () => {
    const { status } = await own.caller.patch('/v1/tenant/settings',
      { settings: { retention: { conversationDays: 30, runDays: 30, usageDays: 200 } } });
    expect(status).toBe(200);
    for (const [tenant, days] of [[own, 60], [other, 60], [bounded, 101]] as const) await age(tenant, days);
    await settle(booted);
    const before = { own: await rows(own), other: await rows(other), bounded: await rows(bounded) };
    expect(before.own).toMatchObject({ 'memory.conversation': 1, 'memory.message': 2, 'agent.run': 1, 'agent.feedback': 1,
      'billing.charge': 1 });
    await booted.get(RetentionJob).apply();
    await settle(booted);
    const after = await rows(own);
    expect(['memory.conversation', 'memory.message', 'agent.run', 'agent.run_chunk', 'agent.feedback'].map((table) => after[table] ?? 0))
      .toEqual([0, 0, 0, 0, 0]);
    for (const table of ['billing.charge', 'analytics.event', 'analytics.daily', 'memory.fact', 'search.document'])
      expect([table, after[table]]).toEqual([table, before.own[table]]);
    expect([(await rows(bounded))['billing.charge'], (await rows(bounded))['memory.message']]).toEqual([undefined, 2]);
    expect({ ...(await rows(other)), 'kernel.delivery': 0, 'kernel.inbox': 0 })
      .toEqual({ ...before.other, 'kernel.delivery': 0, 'kernel.inbox': 0 });
    await eventually(async () => expect((await own.caller.get<{ items: { detail: unknown }[] }>(
      '/v1/audit?action=tenancy.retention.')).body.items.map(({ detail }) => detail))
      .toEqual(expect.arrayContaining([{ deleted: { 'memory.conversation': 1 } }])));
  }, 60_000);

  it.each([[{ conversationDays: 0 }], [{ conversationDays: 1.5 }], [{ runDays: '30' }], [{ forever: true }]])(
    'refuse %j', async (retention) => {
    expect((await own.caller.patch('/v1/tenant/settings', { settings: { retention } })).status).toBe(400);
  });
});
