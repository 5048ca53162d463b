import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '#platform/testing';
import { AppError, newId } from '#platform/core';
import type { AddOptions, JobStatus } from '../src/api/jobs.js';
import type { JobDefinition } from '../src/api/define-job.js';
import type { DeliveryHarness, MakeHarness } from './harness.js';
import { type Sale, behave, depot, pack, shop, wrap } from './house.js';
import { type Office, as } from './office.js';

/** A door that one job waits at until the spec opens it. */
function gate(): { passed: Promise<void>; open: () => void; reached: Promise<void>; wait: () => Promise<void> } {
  let open!: () => void;
  let reach!: () => void;
  const passed = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (reach = resolve));
  return { passed, open, reached, wait: () => (reach(), passed) };
}

/** What `jobs` and `@Job` promise, whatever carries the messages. */
export function jobsConformance(makeHarness: MakeHarness): void {
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

  const add = async (tenantId: string, job: JobDefinition<Sale>, item: string, options?: AddOptions): Promise<string> =>
    (await as(tenantId, () => office.desk('shop').jobs.add(job, { item }, options))).id;
  const get = (tenantId: string, id: string): Promise<JobStatus> => as(tenantId, () => office.desk('shop').jobs.get(id));
  const cancel = (tenantId: string, id: string): Promise<boolean> => as(tenantId, () => office.desk('shop').jobs.cancel(id));
  const notes = (tenantId: string): Promise<string[]> => office.desk('shop').notes('shop', tenantId);
  const ended = (tenantId: string, id: string, state: JobStatus['state']): Promise<JobStatus> => eventually(async () => {
    const status = await get(tenantId, id);
    expect(status.state).toBe(state);
    return status;
  });

  it('runs a job once and remembers its result', async () => {
    const tenant = newId();
    behave(tenant, 'shop.pack', (job) => ({ packed: job.data.item }));
    const id = await add(tenant, pack, 'lamp');
    const status = await ended(tenant, id, 'done');
    expect(status).toMatchObject({ id, name: 'shop.pack', progress: 1, attempt: 1, attempts: 3, result: { packed: 'lamp' }, error: null,
      finishedAt: expect.any(String) });
    expect(await notes(tenant)).toEqual(['pack lamp']);
  });

  it('accepts a job if and only if its transaction commits', async () => {
    const tenant = newId();
    const { db, jobs } = office.desk('shop');
    let id = '';
    await expect(as(tenant, () => db.tx(async () => {
      ({ id } = await jobs.add(pack, { item: 'never' }));
      throw new Error('no sale');
    }))).rejects.toThrow('no sale');
    await expect(get(tenant, id)).rejects.toMatchObject({ code: 'not-found' });
    await as(tenant, () => db.tx(async () => void ({ id } = await jobs.add(pack, { item: 'kept' }))));
    await ended(tenant, id, 'done');
    expect(await notes(tenant)).toEqual(['pack kept']);
  });

  it('shows a job to its own tenant and context only', async () => {
    const tenant = newId();
    const id = await add(tenant, pack, 'private');
    await expect(get(newId(), id)).rejects.toMatchObject({ code: 'not-found' });
    await expect(as(tenant, () => office.desk('depot').jobs.get(id))).rejects.toMatchObject({ code: 'not-found' });
    await expect(get(tenant, 'nonsense')).rejects.toMatchObject({ code: 'not-found' });
    await expect(as(newId(), () => office.desk('shop').jobs.cancel(id))).rejects.toMatchObject({ code: 'not-found' });
    await expect(as(tenant, () => office.desk('depot').jobs.add(pack, { item: 'x' })))
      .rejects.toMatchObject({ reason: 'kernel.not-own-message' });
  });

  it('takes plain JSON and nothing else', async () => {
    await expect(add(newId(), pack, new Date() as unknown as string)).rejects.toMatchObject({ reason: 'kernel.not-plain' });
  });

  it('tries again after a failure, and after the last one tells why without telling the inside', async () => {
    const tenant = newId();
    behave(tenant, 'shop.pack', (job) => {
      if (job.data.item === 'wobbly' && job.attempt < 3) throw new Error('slipped');
      if (job.data.item === 'impossible')
        throw new AppError('unprocessable', 'shop.too-big', 'It does not fit into the box. Choose a larger one.');
      if (job.data.item === 'cursed') throw new Error('password=hunter2');
      return undefined;
    });
    const [wobbly, impossible, cursed] = [await add(tenant, pack, 'wobbly'), await add(tenant, pack, 'impossible'),
      await add(tenant, pack, 'cursed')];
    expect(await ended(tenant, wobbly, 'done')).toMatchObject({ attempt: 3, error: null });
    expect(await ended(tenant, impossible, 'failed'))
      .toMatchObject({ attempt: 3, error: { code: 'unprocessable', reason: 'shop.too-big' } });
    expect(JSON.stringify(await ended(tenant, cursed, 'failed'))).not.toContain('hunter2');
    expect(await notes(tenant)).toEqual(['pack wobbly']);
  });

  it('makes `once` effects once although the try that made them failed afterwards', async () => {
    const tenant = newId();
    const { note } = office.desk('shop');
    let repeats = 0;
    behave(tenant, 'shop.pack', async (job) => {
      await job.once(() => note.call(office.desk('shop'), tenant, 'shop', 'paper'), 'paper');
      if ((await job.once(async () => 'first', 'ribbon')) === undefined) repeats++;
      if (job.attempt < 3) throw new Error('dropped it');
    });
    const id = await add(tenant, pack, 'vase');
    await ended(tenant, id, 'done');
    expect(await notes(tenant)).toEqual(['paper', 'pack vase']);
    expect(repeats).toBe(2);
  });

  it('starts urgent jobs of a tenant first, and keeps to the concurrency of the job', async () => {
    const tenant = newId();
    const door = gate();
    const order: string[] = [];
    let running = 0;
    let most = 0;
    behave(tenant, 'shop.wrap', async (job) => {
      most = Math.max(most, ++running);
      order.push(job.data.item);
      if (job.data.item === 'blocker') await door.wait();
      running--;
    });
    const blocker = await add(tenant, wrap, 'blocker');
    await door.reached;
    const rest = [await add(tenant, wrap, 'low', { priority: 'low' }), await add(tenant, wrap, 'normal'),
      await add(tenant, wrap, 'high', { priority: 'high' }), await add(tenant, wrap, 'normal too')];
    door.open();
    for (const id of [blocker, ...rest]) await ended(tenant, id, 'done');
    expect(order).toEqual(['blocker', 'high', 'normal', 'normal too', 'low']);
    expect(most).toBe(1);
  });

  it('waits as long as it was told to', async () => {
    const tenant = newId();
    const from = Date.now();
    let started = 0;
    behave(tenant, 'shop.pack', () => void (started = Date.now()));
    const id = await add(tenant, pack, 'later', { delayMs: 400 });
    expect(await get(tenant, id)).toMatchObject({ state: 'delayed' });
    await ended(tenant, id, 'done');
    expect(started - from).toBeGreaterThanOrEqual(395);
    expect(started - from).toBeLessThan(2_000);
  });

  it('does not queue what is queued already, and does queue what may have to be seen anew', async () => {
    const tenant = newId();
    const door = gate();
    const seen: string[] = [];
    behave(tenant, 'shop.pack', async (job) => {
      seen.push(job.data.item);
      if (job.data.item === 'running') await door.wait();
    });
    const waiting = await add(tenant, pack, 'waiting', { dedupeKey: 'order-1', delayMs: 60_000 });
    expect(await add(tenant, pack, 'waiting too', { dedupeKey: 'order-1' })).toBe(waiting);
    expect(await add(newId(), pack, 'stranger', { dedupeKey: 'order-1' })).not.toBe(waiting);
    const running = await add(tenant, pack, 'running', { dedupeKey: 'order-2' });
    await door.reached;
    const next = await add(tenant, pack, 'next', { dedupeKey: 'order-2' });
    expect(next).not.toBe(running);
    door.open();
    await ended(tenant, next, 'done');
    expect(seen.sort()).toEqual(['next', 'running']);
    expect(await cancel(tenant, waiting)).toBe(true);
  });

  it('shows progress while it runs', async () => {
    const tenant = newId();
    const door = gate();
    behave(tenant, 'shop.pack', async (job) => {
      job.progress(0.25);
      await door.wait();
    });
    const id = await add(tenant, pack, 'slow');
    await eventually(async () => expect(await get(tenant, id)).toMatchObject({ state: 'running', progress: 0.25 }));
    door.open();
    expect(await ended(tenant, id, 'done')).toMatchObject({ progress: 1 });
  });

  it('cancels what is queued and what is running, and nothing that has ended', async () => {
    const tenant = newId();
    const door = gate();
    let aborted = false;
    let refused: unknown;
    behave(tenant, 'shop.pack', async (job) => {
      if (job.data.item !== 'running') return;
      job.signal.addEventListener('abort', () => (aborted = true));
      await door.wait();
      refused = await job.once(async () => undefined, 'too late').catch((error: unknown) => error);
    });
    const queued = await add(tenant, pack, 'queued', { delayMs: 60_000 });
    const running = await add(tenant, pack, 'running');
    await door.reached;
    expect(await cancel(tenant, queued)).toBe(true);
    expect(await cancel(tenant, running)).toBe(true);
    await eventually(() => expect(aborted).toBe(true));
    door.open();
    await eventually(() => expect(refused).toMatchObject({ reason: 'kernel.lease-lost' }));
    for (const id of [queued, running]) {
      expect(await get(tenant, id)).toMatchObject({ state: 'cancelled' });
      expect(await cancel(tenant, id)).toBe(false);
    }
    expect(await notes(tenant)).toEqual([]);
  });

  it('stops a job whose time is up', async () => {
    const tenant = newId();
    const reasons: unknown[] = [];
    behave(tenant, 'shop.wrap', (job) => {
      job.signal.addEventListener('abort', () => reasons.push((job.signal.reason as AppError).reason));
      return new Promise(() => undefined);
    });
    const id = await add(tenant, wrap, 'endless');
    expect(await ended(tenant, id, 'failed')).toMatchObject({ attempt: 2, error: { code: 'deadline', reason: 'kernel.handler-timeout' } });
    expect(reasons).toEqual(['kernel.handler-timeout', 'kernel.handler-timeout']);
  });

  it('lets nobody wait behind the ten thousand jobs of another tenant', async () => {
    const [crowd, single] = [newId(), newId()];
    const order: string[] = [];
    for (const tenant of [crowd, single]) behave(tenant, 'shop.pack', async (job) => void (order.push(job.data.item), await sleep(2)));
    const { id: sample } = await as(crowd, () => office.desk('shop').jobs.add(pack, { item: 'crowd' }));
    await office.multiply(crowd, sample, 10_000);
    office.look();
    await eventually(() => expect(order.length).toBeGreaterThan(10));
    const id = await add(single, pack, 'single');
    const accepted = order.length;
    await ended(single, id, 'done');
    expect(order.indexOf('single') - accepted).toBeLessThan(12);
    await office.clear(crowd);
  });

  it('keeps what was running through a shutdown: waits for it, or gives it back untried', async () => {
    const tenant = newId();
    const [short, long] = [gate(), gate()];
    const tries: string[] = [];
    behave(tenant, 'shop.pack', async (job) => {
      tries.push(`${job.data.item} ${job.attempt}`);
      if (job.data.item === 'long' && tries.length === 2) await long.wait();
      if (job.data.item === 'short') await short.wait();
    });
    const shortId = await add(tenant, pack, 'short');
    await short.reached;
    const longId = await add(tenant, pack, 'long');
    await long.reached;
    setTimeout(short.open, 100);
    await office.close();
    office = await harness.open([shop, depot]);
    expect(await get(tenant, shortId)).toMatchObject({ state: 'done' });
    expect(await ended(tenant, longId, 'done')).toMatchObject({ attempt: 1 });
    expect(tries).toEqual(['short 1', 'long 1', 'long 1']);
    expect(await notes(tenant)).toEqual(['pack short', 'pack long']);
    long.open();
  });

  it('takes over from a process that fell silent; what that one still holds commits nothing', async () => {
    const tenant = newId();
    const door = gate();
    let runs = 0;
    let refused: unknown;
    behave(tenant, 'shop.pack', async (job) => {
      if (++runs > 1) return;
      await office.silence({ tenantId: tenant, messageId: job.id, handler: 'shop.pack' });
      await door.wait();
      refused = await job.once(async () => undefined, 'late').catch((error: unknown) => error);
      throw refused as Error;
    });
    const id = await add(tenant, pack, 'orphan');
    await door.reached;
    office.look();
    expect(await ended(tenant, id, 'done')).toMatchObject({ attempt: 1 });
    door.open();
    await eventually(() => expect(refused).toMatchObject({ reason: 'kernel.lease-lost' }));
    expect(await get(tenant, id)).toMatchObject({ state: 'done', attempt: 1 });
    expect(await notes(tenant)).toEqual(['pack orphan']);
    expect(runs).toBe(2);
  });

  it('gives up on a message whose process dies each time, and not on those that happened to be beside it', async () => {
    const tenant = newId();
    behave(tenant, 'shop.pack', () => undefined);
    const [cause, bystander] = [await add(tenant, pack, 'cause', { delayMs: 60_000 }),
      await add(tenant, pack, 'bystander', { delayMs: 60_000 })];
    await office.kill(cause, 10);
    await office.kill(bystander, 9);
    office.look();
    expect(await ended(tenant, cause, 'failed')).toMatchObject({ error: { reason: 'kernel.died-running' } });
    expect(await ended(tenant, bystander, 'done')).toMatchObject({ attempt: 1 });
    expect(await notes(tenant)).toEqual(['pack bystander']);
  });
}
