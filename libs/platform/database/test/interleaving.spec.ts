import { engines, proof } from '#platform/testing';
import { groundOf } from './wall/proof-kit.js';
import { interleave } from './wall/interleave.js';
import { type OpenFixture, openWalled } from './wall/fixture.js';
import { report } from './wall/report.js';

const REQUESTS = proof(1_000, 100_000);

describe.each(engines)('fifty tenants at once on %s', (engine) => {
  let open: OpenFixture;

  beforeAll(async () => {
    open = await openWalled(engine);
  });

  afterAll(async () => {
    await open.close();
  });

  it(`see and write nothing of each other's in ${REQUESTS} requests`, async () => {
    const result = await interleave(groundOf(open.database, open.test.admin), { requests: REQUESTS, sqlSleep: engine === 'postgres' });
    report([{ engine, ...result, wrongTenant: result.wrongTenant.length, dirty: result.dirty.length,
      unexpected: result.unexpected.length }]);
    expect(result.wrongTenant).toEqual([]);
    expect(result.dirty).toEqual([]);
    expect(result.unexpected).toEqual([]);
    expect(result.answered + result.failedOnPurpose).toBe(REQUESTS);
    expect(result.failedOnPurpose).toBeGreaterThan(REQUESTS / 10);
  }, proof(60_000, 1_200_000));
});
