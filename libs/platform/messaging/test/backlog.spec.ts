import { asTenant, bootContexts, type BootedContexts } from '#platform/testing';
import { newId } from '#platform/core';
import { Databases } from '#platform/database';
import { shop, sold } from './house.js';
import { Desk } from './office.js';

describe('the backlog in /health/ready', () => {
  let booted: BootedContexts;

  beforeAll(async () => {
    booted = await bootContexts([shop], { env: { ATOLL_RUN_JOBS: 'false' } });
  });
  afterAll(() => booted?.close());

  it('is shown, and degrades a process that serves requests all the same when something has been due for a minute', async () => {
    const empty = await booted.with().get('/health/ready');
    expect(empty.body).toMatchObject({ status: 'ok',
      checks: { delivery: { status: 'up', ready: 0, dead: 0, oldestSeconds: 0, degraded: false } } });
    await asTenant(newId(), () => booted.get(Desk).events.publish(sold, { item: 'lamp' }));
    const kernel = booted.get(Databases).of('kernel');
    await kernel.system('the spec lets time pass',
      () => kernel.query(`update kernel.delivery set due_at = now() - interval '90 s' where handler = 'shop.thank'`));
    // An answer is shared by the probes and scrapes of two seconds.
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const { status, body } = await booted.with().get<{ checks: { delivery: { oldestSeconds: number } } }>('/health/ready');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'degraded', checks: { database: { status: 'up' }, delivery: { ready: 1, degraded: true } } });
    expect(body.checks.delivery.oldestSeconds).toBeGreaterThanOrEqual(90);
  });
});
