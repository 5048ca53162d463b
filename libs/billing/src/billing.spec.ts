import { dayIn, newId, newTraceparent, runInFlow } from '#platform/core';
import { asTenant, bootContexts, type BootedContexts, engines, userOf } from '#platform/testing';
import { Billing } from '#billing';
import { context } from './billing.module.js';
import { BudgetService, type BudgetStatus } from './budget/budget.service.js';
import { CalendarService } from './calendar/calendar.service.js';
import type { UsageReport } from './usage/usage.service.js';

/** One cent for a thousand tokens in, two for a thousand tokens out. */
const PRICES = JSON.stringify({ house: [10_000_000, 5_000_000, 20_000_000] });

describe.each(engines)('billing on %s', (engine) => {
  let booted: BootedContexts;
  let billing: Billing;

  beforeAll(async () => {
    booted = await bootContexts([context], { engine, env: { ATOLL_PRICES: PRICES, ATOLL_MAX_OPEN_RUNS: '30' } });
    billing = booted.get(Billing);
  });

  afterAll(() => booted.close());

  const authorize = (runId = newId(), inputTokens = 1000, maxOutputTokens = 1000): Promise<void> =>
    billing.authorize({ runId, model: 'house', inputTokens, maxOutputTokens });
  const budget = async (tenant: string): Promise<BudgetStatus> => (await booted.as(tenant).get<BudgetStatus>('/v1/budget')).body;

  it('holds the worst case, and charges once what was used', async () => {
    const tenant = newId();
    const runId = newId();
    await asTenant(tenant, async () => {
      await authorize(runId);
      await authorize(runId);
      expect(await budget(tenant)).toMatchObject({ spent: 0, held: 3, heldTokens: 2000, isDefault: true, monthlyLimit: 5000 });
      const used = { runId, model: 'house', userId: userOf(tenant), inputTokens: 1000, outputTokens: 100 };
      expect(await billing.settle(used)).toMatchObject({ costMicros: 12_000 });
      await billing.settle(used);
      expect(await budget(tenant)).toMatchObject({ spentMicros: 12_000, spentTokens: 1100, held: 0, heldTokens: 0 });
    });
    const { body } = await booted.as(tenant).get<UsageReport>('/v1/usage?groupBy=model');
    expect(body.items).toEqual(
      [{ key: 'house', runs: 1, inputTokens: 1000, cachedTokens: 0, outputTokens: 100, costMicros: 12_000, cost: 1 }]);
  });

  it('refuses a run that the budget does not cover, before anything is spent', async () => {
    const tenant = newId();
    expect((await booted.as(tenant).put('/v1/budget', { monthlyLimit: 5 })).status).toBe(200);
    await asTenant(tenant, async () => {
      await authorize();
      await expect(authorize()).rejects.toMatchObject({ code: 'payment-required', reason: 'billing.budget-exhausted' });
    });
    expect(await budget(tenant)).toMatchObject({ spent: 0, held: 3 });
  });

  it('never lets two runs take the last cent', async () => {
    const tenant = newId();
    await booted.as(tenant).put('/v1/budget', { monthlyLimit: 30 });
    const outcomes = await asTenant(tenant, () => Promise.allSettled(Array.from({ length: 25 }, () => authorize())));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(await budget(tenant)).toMatchObject({ held: 30 });
  });

  it('counts tokens where money does not: the offline model has a budget too', async () => {
    const tenant = newId();
    await booted.as(tenant).put('/v1/budget', { monthlyLimit: null, monthlyTokens: 1500 });
    const free = (): Promise<void> => billing.authorize({ runId: newId(), model: 'atoll-offline', inputTokens: 500, maxOutputTokens: 500 });
    await asTenant(tenant, free);
    await expect(asTenant(tenant, free)).rejects.toMatchObject({ code: 'payment-required' });
  });

  it('takes a budget of zero as a stop', async () => {
    const tenant = newId();
    await booted.as(tenant).put('/v1/budget', { monthlyLimit: 0 });
    await expect(asTenant(tenant, () => billing.authorize({ runId: newId(), model: 'atoll-offline', inputTokens: 1, maxOutputTokens: 1 })))
      .rejects.toMatchObject({ code: 'payment-required' });
  });

  it('limits how many answers are in the making at once', async () => {
    const tenant = newId();
    await booted.as(tenant).put('/v1/budget', { monthlyLimit: null });
    await asTenant(tenant, async () => {
      for (let open = 0; open < 30; open++) await authorize();
      await expect(authorize())
        .rejects.toMatchObject({ code: 'rate-limited', reason: 'billing.too-many-runs', details: { retryAfterSeconds: 5 } });
    });
  });

  it('gives back the hold of a run that was released, and of one that never reported', async () => {
    const tenant = newId();
    const [released, lost] = [newId(), newId()];
    await asTenant(tenant, async () => {
      await authorize(released);
      await authorize(lost);
      await billing.release({ runId: released });
      await billing.release({ runId: released });
    });
    expect(await budget(tenant)).toMatchObject({ held: 3 });
    const inTwoHours = new Date(Date.now() + 2 * 3_600_000);
    await runInFlow({ requestId: newId(), traceparent: newTraceparent() },
      () => booted.get(BudgetService).releaseExpired({ time: inTwoHours }));
    expect(await budget(tenant)).toMatchObject({ held: 0, heldTokens: 0 });
  });

  it('settles a late report whose hold is gone', async () => {
    const tenant = newId();
    await asTenant(tenant, () =>
      billing.settle({ runId: newId(), model: 'house', userId: userOf(tenant), inputTokens: 2000, outputTokens: 0 }));
    expect(await budget(tenant)).toMatchObject({ spent: 2, held: 0 });
  });

  it('counts days and months as the tenant does', async () => {
    const tenant = newId();
    await asTenant(tenant, () => booted.get(CalendarService).know('Pacific/Kiritimati'));
    const settle = (at: string): Promise<unknown> => asTenant(tenant, () => billing.settle(
      { runId: newId(), model: 'house', userId: userOf(tenant), inputTokens: 1000, outputTokens: 0, at }));
    await settle('2026-03-31T09:59:00Z');
    await settle('2026-03-31T10:01:00Z');
    const { body } = await booted.as(tenant).get<UsageReport>('/v1/usage?from=2026-03-31&to=2026-04-01');
    expect(body.items.map(({ key, runs }) => [key, runs])).toEqual([['2026-03-31', 1], ['2026-04-01', 1]]);
    const today = dayIn('Pacific/Kiritimati', new Date());
    expect((await budget(tenant)).period).toBe(`${today.slice(0, 7)}-01`);
    expect((await booted.as(tenant).get<UsageReport>('/v1/usage')).body.to).toBe(today);
  });

  it.each([[-5, 0, 0], [1e15, 0, 2_147_483_647], [1.5, 9, 2]])(
    'charges %d tokens, of them %d cached, as %d', async (inputTokens, cachedTokens, charged) => {
    const tenant = newId();
    const run = { runId: newId(), model: 'house', userId: userOf(tenant), inputTokens, outputTokens: 0, cachedTokens };
    expect(await asTenant(tenant, () => billing.settle(run))).toMatchObject({ inputTokens: charged });
  });

  it('says what a request needs, and when too many at once are the reason although there is a budget of tokens', async () => {
    const tenant = newId();
    await booted.as(tenant).put('/v1/budget', { monthlyLimit: null, monthlyTokens: 100_000 });
    await asTenant(tenant, async () => {
      await expect(authorize(newId(), 225_000, 2_000)).rejects.toMatchObject({ code: 'payment-required',
        message: expect.stringContaining('227000 tokens') as string });
      for (let open = 0; open < 30; open++) await authorize(newId(), 10, 10);
      await expect(authorize(newId(), 10, 10)).rejects.toMatchObject({ reason: 'billing.too-many-runs' });
    });
  });

  it('shows one tenant nothing of another', async () => {
    const { body } = await booted.as(newId()).get<UsageReport>('/v1/usage');
    expect(body.items).toEqual([]);
    expect(body.total.runs).toBe(0);
  });

  it.each(['from=yesterday', 'from=2026-02-01&to=2026-01-01', 'from=2020-01-01&to=2026-01-01', 'from=2026-02-30&to=2026-03-02',
    'groupBy=tenant'])(
    'refuses the range %s', async (query) => {
    expect((await booted.as(newId()).get(`/v1/usage?${query}`)).status).toBe(400);
  });

  it('lets only those set the budget who may', async () => {
    expect((await booted.as(newId(), { permissions: ['billing.budget.read'] }).put('/v1/budget', { monthlyLimit: 1 })).status).toBe(403);
  });
});
