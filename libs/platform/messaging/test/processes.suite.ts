import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '#platform/testing';
import { current, newId, Secrets } from '#platform/core';
import { seal } from '../src/outbox/envelope.js';
import type { DeliveryHarness, MakeHarness } from './harness.js';
import { behave, clock, depot, pack, shop, sold, ticks } from './house.js';
import { type Office, as, SECRET } from './office.js';

/** What holds over the borders of processes: schedules, sharing, and what one process leaves to the next. */
export function processesConformance(makeHarness: MakeHarness, shared: boolean): void {
  const amongMany = shared ? it : noTest;
  const alone = shared ? noTest : it;
  let harness: DeliveryHarness;
  const open: Office[] = [];
  const start = async (...args: Parameters<DeliveryHarness['open']>): Promise<Office> => {
    const office = await harness.open(...args);
    open.push(office);
    return office;
  };
  const stop = async (): Promise<void> => {
    for (const office of open.splice(0)) await office.close();
  };

  beforeAll(async () => {
    harness = await makeHarness();
  });
  afterEach(stop);
  afterAll(() => harness?.close());

  it('runs each tick of a schedule once, however many processes host it', async () => {
    const processes = shared ? 3 : 1;
    for (let n = 0; n < processes; n++) await start([clock]);
    ticks.length = 0;
    await sleep(3_300);
    await stop();
    const times = ticks.map(({ at }) => at);
    expect(times.length).toBeGreaterThanOrEqual(3);
    expect(new Set(times).size).toBe(times.length);
    const seconds = times.map((at) => Date.parse(at) / 1000).sort();
    expect(seconds.at(-1)! - seconds[0]!).toBe(times.length - 1);
  });

  it('makes up for ticks it slept through by one run', async () => {
    await start([clock]);
    await stop();
    const office = await start([shop]);
    const kernel = office.databases.of('kernel');
    const slept = new Date(Math.floor(Date.now() / 1000) * 1000 - 3_600_000);
    await kernel.system('the spec turns the clock back',
      () => kernel.query(`update kernel.schedule set next_at = $1 where name = 'clock.tick'`, [slept]));
    await stop();
    ticks.length = 0;
    await start([clock]);
    // A tick that was cut off by the stop is handled as well, before or after.
    await eventually(() => expect(ticks.length).toBeGreaterThanOrEqual(3));
    await stop();
    const times = ticks.map(({ at }) => Date.parse(at));
    expect(times.filter((at) => at < Date.now() - 600_000)).toEqual([slept.getTime()]);
  });

  it('delivers after a start what was committed and not handled before it', async () => {
    const [tenant, user] = [newId(), newId()];
    const first = await start([shop, depot], { ATOLL_RUN_JOBS: 'false' });
    await as(tenant, () => first.desk('shop').events.publish(sold, { item: 'left behind' }), user);
    const { id } = await as(tenant, () => first.desk('shop').jobs.add(pack, { item: 'left too' }));
    await sleep(100);
    expect(await first.rows(tenant)).toHaveLength(3);
    await stop();
    const second = await start([shop, depot]);
    await eventually(async () => expect(await second.desk('depot').notes('depot', tenant)).toEqual(['count left behind']));
    await eventually(async () => expect(await as(tenant, () => second.desk('shop').jobs.get(id))).toMatchObject({ state: 'done' }));
  });

  amongMany('wakes the process that hosts a handler, and cancels what another one runs', async () => {
    const tenant = newId();
    const seller = await start([shop], { ATOLL_RUN_JOBS: 'false' });
    const worker = await start([shop, depot], { ATOLL_POLL_SECONDS: '600' });
    const from = performance.now();
    await as(tenant, () => seller.desk('shop').events.publish(sold, { item: 'abroad' }));
    await eventually(async () => expect(await worker.desk('depot').notes('depot', tenant)).toEqual(['count abroad']));
    expect(performance.now() - from).toBeLessThan(2_000);

    let aborted = false;
    behave(tenant, 'shop.pack', (job) => new Promise((_, reject) => job.signal.addEventListener('abort', () => {
      aborted = true;
      reject(job.signal.reason as Error);
    })));
    const { id } = await as(tenant, () => seller.desk('shop').jobs.add(pack, { item: 'stop it' }));
    await eventually(async () => expect(await as(tenant, () => seller.desk('shop').jobs.get(id))).toMatchObject({ state: 'running' }));
    expect(await as(tenant, () => seller.desk('shop').jobs.cancel(id))).toBe(true);
    await eventually(() => expect(aborted).toBe(true), { timeoutMs: 1_500 });
  });

  amongMany('shares the work of one handler among processes, each message handled by one', async () => {
    const tenant = newId();
    for (let n = 0; n < 3; n++) await start([shop, depot]);
    const { events } = open[0]!.desk('shop');
    await as(tenant, () => Promise.all(Array.from({ length: 300 }, (_, n) => events.publish(sold, { item: `${n}` }))));
    await eventually(async () => expect(await open[0]!.desk('depot').notes('depot', tenant)).toHaveLength(300));
    expect(new Set(await open[0]!.desk('depot').notes('depot', tenant)).size).toBe(300);
  });

  amongMany('sends again at once what a process had marked as sent when it was killed', async () => {
    const tenant = newId();
    const office = await start([shop, depot], { ATOLL_LEASE_SECONDS: '300', ATOLL_POLL_SECONDS: '1' });
    const message = as(tenant, () => seal(new Secrets(SECRET), newId(), sold, current(), { item: 'lost' }));
    await office.insert({ ...message, handler: 'depot.count', context: 'depot', kind: 'event' }, 'sent');
    await eventually(async () => expect(await office.desk('depot').notes('depot', tenant)).toEqual(['count lost']), { timeoutMs: 8_000 });
  });

  it('runs only the queues it is told to, and leaves the others for the process that is', async () => {
    const tenant = newId();
    const first = await start([shop, depot], { ATOLL_QUEUES: 'depot,shop.pack' });
    await as(tenant, () => first.desk('shop').events.publish(sold, { item: 'half' }));
    const { id } = await as(tenant, () => first.desk('shop').jobs.add(pack, { item: 'box' }));
    await eventually(async () => expect(await first.desk('depot').notes('depot', tenant)).toEqual(['count half']));
    await eventually(async () => expect(await as(tenant, () => first.desk('shop').jobs.get(id))).toMatchObject({ state: 'done' }));
    first.look();
    await sleep(200);
    expect((await first.rows(tenant)).filter(({ status }) => status !== 'done'))
      .toMatchObject([{ handler: 'shop.thank', status: 'ready', attempt: 0 }]);
    await stop();
    const second = await start([shop, depot], { ATOLL_QUEUES: 'shop' });
    await eventually(async () => expect(await second.desk('shop').notes('shop', tenant)).toEqual(['pack box', 'thank half']));
  });

  alone('asks the database nothing while there is nothing to do', async () => {
    const office = await start([shop, depot]);
    await as(newId(), () => office.desk('shop').events.publish(sold, { item: 'last' }));
    await sleep(700);
    const asked = await office.countQueries(() => sleep(1_500));
    expect(asked).toBe(0);
  });
}

function noTest(): void {
  /* Does not apply to this kind of database. */
}
