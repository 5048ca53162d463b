import { clientMatrix, engines, wallMatrix, withClient } from '#platform/testing';
import { depot, type OpenFixture, openWalled, shop } from '../../test/wall/fixture.js';

describe.each(engines)('every table of every tenant on %s', (engine) => {
  let open: OpenFixture;

  beforeAll(async () => {
    open = await openWalled(engine, [shop, depot]);
  });

  afterAll(async () => {
    await open.close();
  });

  it('holds for every command as every kind of tenant, at the database itself', async () => {
    const result = await withClient(open.test.admin, (admin) => wallMatrix(admin, ['kernel', 'shop', 'depot']));
    expect(result.holes).toEqual([]);
    expect(result.tables).toBeGreaterThanOrEqual(5);
    expect(result.cells).toBeGreaterThan(result.tables * 25);
  });

  it('holds through Db, which refuses what has no tenant before it is sent', async () => {
    const result = await clientMatrix(open.database, open.test.admin);
    expect(result.holes).toEqual([]);
    expect(result.cells).toBeGreaterThan(result.tables * 20);
  });
});
