import { eventually } from '#platform/testing';
import { current, currentFlow, newId } from '#platform/core';
import type { Received } from '../src/api/define-event.js';
import type { DeliveryHarness, MakeHarness } from './harness.js';
import { type Sale, behave, depot, shop, sold } from './house.js';
import { type Office, as } from './office.js';

const MANY = 48;

/** One run of a handler: in which transaction, whose, which try. */
interface Run {
  item: string;
  unit: string;
  attempt: number;
  user: string;
  causation?: string;
  id: string;
  trace?: string;
}

interface Round {
  tenant: string;
  runs: Run[];
  published: Map<string, { user: string; trace?: string }>;
  chosen: string;
}

/** Events of one tenant that wait together share transactions. Nothing but the number of commits may tell. */
export function groupsConformance(makeHarness: MakeHarness): void {
  let harness: DeliveryHarness;
  let office: Office;

  beforeAll(async () => {
    harness = await makeHarness();
    office = await harness.open([shop, depot]);
  });
  afterAll(async () => {
    await office?.close();
    await harness?.close();
  });

  /**
   * Publishes many at once, each by a user of its own, until some of them shared a transaction. `act` is run for the first of them that
   * finds another one before it.
   */
  async function roundWithGroup(act: (event: Received<Sale>) => unknown): Promise<Round> {
    return eventually(async () => {
      const tenant = newId();
      const runs: Run[] = [];
      let chosen: string | undefined;
      behave(tenant, 'depot.count', async (event) => {
        const [row] = await office.desk('depot').db.query<{ unit: string }>('select pg_current_xact_id()::text as unit');
        const flow = currentFlow();
        if (runs.some(({ unit }) => unit === row!.unit)) chosen ??= event.data.item;
        runs.push({ item: event.data.item, unit: row!.unit, attempt: event.attempt, user: current().actor.id, causation: flow?.causation,
          id: event.id, trace: flow?.traceparent.slice(3, 35) });
        if (event.data.item === chosen) await act(event as Received<Sale>);
      });
      const published = new Map<string, { user: string; trace?: string }>();
      await Promise.all(Array.from({ length: MANY }, async (_, n) => {
        const user = newId();
        await as(tenant, () => {
          published.set(`${n}`, { user, trace: currentFlow()?.traceparent.slice(3, 35) });
          return office.desk('shop').events.publish(sold, { item: `${n}` });
        }, user);
      }));
      await eventually(async () => expect((await office.rows(tenant)).filter(({ handler, status }) =>
        handler === 'depot.count' && status !== 'dead')).toEqual([]), { timeoutMs: 20_000 });
      expect(chosen).toBeDefined();
      return { tenant, runs, published, chosen: chosen! };
    }, { timeoutMs: 40_000, everyMs: 10 });
  }

  const all = Array.from({ length: MANY }, (_, n) => `count ${n}`).sort();
  const notes = async (tenant: string): Promise<string[]> => (await office.desk('depot').notes('depot', tenant)).sort();

  it('handles events that wait together in one transaction, each in the flow of the one who published it', async () => {
    const { tenant, runs, published } = await roundWithGroup(() => undefined);
    expect(await notes(tenant)).toEqual(all);
    for (const { item, user, trace, id, causation, attempt } of runs)
      expect({ user, trace, causation, attempt }).toEqual({ ...published.get(item)!, causation: id, attempt: 1 });
    expect(new Set(runs.map(({ id }) => id)).size).toBe(MANY);
  });

  it('undoes a group of which one fails, and tries that one again alone', async () => {
    const { tenant, runs, chosen } = await roundWithGroup((event) => {
      if (event.attempt < 3) throw new Error('not this one');
    });
    expect(await notes(tenant)).toEqual(all);
    // In the group, and then by itself until it was done: a group that is undone counts for nobody.
    expect(runs.filter(({ item }) => item === chosen).map(({ attempt }) => attempt)).toEqual([1, 1, 2, 3]);
    expect(runs.filter(({ item, attempt }) => item !== chosen && attempt > 1)).toEqual([]);
    const [, ...alone] = runs.filter(({ item }) => item === chosen);
    for (const { unit } of alone) expect(runs.filter((run) => run.unit === unit)).toHaveLength(1);
  });

  it('keeps the effects of the neighbours of one that hides a failed statement', async () => {
    const { tenant, chosen } = await roundWithGroup(() => office.desk('depot').db.query('select 1 / $1::int', [0]).catch(() => undefined));
    expect(await notes(tenant)).toEqual(all.filter((note) => note !== `count ${chosen}`));
    const { items } = await office.deadLetters.list({ tenantId: tenant });
    expect(items.map(({ data, attempts, error }) => ({ data, attempts, reason: error?.reason })))
      .toEqual([{ data: { item: chosen }, attempts: 3, reason: 'kernel.rolled-back' }]);
  });

  it('does not let one that is slow hold up its neighbours', async () => {
    const { tenant, runs } = await roundWithGroup((event) => slow(900, event.signal));
    expect(await notes(tenant)).toEqual(all);
    expect(runs.filter(({ attempt }) => attempt > 1)).toEqual([]);
  });
}

function slow(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
