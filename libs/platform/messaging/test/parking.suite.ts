import { eventually } from '#platform/testing';
import { newId } from '#platform/core';
import type { AddOptions, JobStatus } from '../src/api/jobs.js';
import type { JobDefinition } from '../src/api/define-job.js';
import type { DeliveryHarness, MakeHarness } from './harness.js';
import { type Sale, depot, pack, shop } from './house.js';
import { type Office, as } from './office.js';

/** What `TenantParking` promises, whatever carries the messages. */
export function parkingConformance(makeHarness: MakeHarness): void {
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
  const cancel = (tenantId: string, id: string): Promise<boolean> => as(tenantId, () => office.desk('shop').jobs.cancel(id));
  const notes = (tenantId: string): Promise<string[]> => office.desk('shop').notes('shop', tenantId);
  const ended = (tenantId: string, id: string, state: JobStatus['state']): Promise<JobStatus> => eventually(async () => {
    const status = await as(tenantId, () => office.desk('shop').jobs.get(id));
    expect(status.state).toBe(state);
    return status;
  });

  it('keeps the jobs of a tenant that is parked, and runs each once when it is let go', async () => {
    const [tenant, other] = [newId(), newId()];
    const park = (parked: boolean): Promise<void> => as(tenant, () => office.desk('depot').parking.set(parked));
    const late = await add(tenant, pack, 'late', { delayMs: 30 });
    await park(true);
    const ids = [late, await add(tenant, pack, 'lamp'), await add(tenant, pack, 'rug', { dedupeKey: 'rug' })];
    const doomed = await add(tenant, pack, 'never');
    for (const id of [...ids, doomed]) {
      const { attempt, error } = await ended(tenant, id, 'parked');
      expect([attempt, error?.reason]).toEqual([0, 'kernel.tenant-parked']);
    }
    expect(await add(tenant, pack, 'rug', { dedupeKey: 'rug' })).toBe(ids[2]);
    expect(await cancel(tenant, doomed)).toBe(true);
    await ended(other, await add(other, pack, 'mine'), 'done');
    office.look();
    expect(await notes(tenant)).toEqual([]);
    await park(false);
    for (const id of ids) expect(await ended(tenant, id, 'done')).toMatchObject({ attempt: 1, error: null });
    expect((await notes(tenant)).sort()).toEqual(['pack lamp', 'pack late', 'pack rug']);
  });
}
