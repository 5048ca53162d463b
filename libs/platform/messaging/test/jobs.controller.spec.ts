import { asTenant, bootContexts, type BootedContexts, eventually } from '#platform/testing';
import { pack, shop } from './house.js';
import { Desk } from './office.js';
import { newId } from '#platform/core';

describe('GET /v1/jobs/{id}', () => {
  const [tenant, stranger] = [newId(), newId()];
  let booted: BootedContexts;

  beforeAll(async () => {
    booted = await bootContexts([shop]);
  });
  afterAll(() => booted?.close());

  it('shows a job to its tenant, and to a stranger what an unknown id shows', async () => {
    const { id } = await asTenant(tenant, () => booted.get(Desk).jobs.add(pack, { item: 'lamp' }));
    await eventually(async () =>
      expect((await booted.as(tenant).get(`/v1/jobs/${id}`)).body).toMatchObject({ id, name: 'shop.pack', state: 'done', progress: 1 }));
    const foreign = await booted.as(stranger).get(`/v1/jobs/${id}`);
    const unknown = await booted.as(stranger).get(`/v1/jobs/${newId()}`);
    const nonsense = await booted.as(tenant).get('/v1/jobs/nonsense');
    expect([foreign.status, unknown.status, nonsense.status]).toEqual([404, 404, 404]);
    expect((foreign.body as { detail: string }).detail).toBe((unknown.body as { detail: string }).detail);
    expect((await booted.as(tenant, { permissions: ['search.read'] }).get(`/v1/jobs/${id}`)).status).toBe(403);
  });
});
