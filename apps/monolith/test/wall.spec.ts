import { Database, type SchemaRegistration } from '#platform/database';
import { withPlatform } from '#platform/runtime';
import { clientMatrix, engines, type TestDatabase, testDatabase, wallMatrix, withClient } from '#platform/testing';
import { contexts } from '../../contexts.js';

describe.each(engines)('every table of every context on %s', (engine) => {
  let schemas: SchemaRegistration[];
  let test: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    schemas = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
    test = await testDatabase({ engine, owners: schemas });
    // Opening is the self-test: it refuses a wall with a hole.
    database = await Database.open(
      withPlatform({ config: test.config, embedded: test.embedded, schemas, limits: { size: 5, statementMs: 30_000, waitMs: 10_000 } }));
  });

  afterAll(async () => {
    await database?.close();
    await test?.close();
  });

  it('is walled between two tenants, whatever one of them tries', async () => {
    const result = await withClient(test.admin, (admin) => wallMatrix(admin, ['kernel', ...schemas.map(({ name }) => name)]));
    expect(result.holes).toEqual([]);
    expect(result.tables).toBeGreaterThan(schemas.length);
  }, 120_000);

  it('is walled through Db as well', async () => {
    expect((await clientMatrix(database, test.admin)).holes).toEqual([]);
  }, 120_000);
});
