import { Secrets } from '#platform/core';
import type { Databases } from '#platform/database';
import { engines, testDatabase, type TestDatabase } from '#platform/testing';
import { openDatabases } from '../src/open-databases.js';
import { platformMigrations } from '../src/migrations.js';
import { assertRootSecret } from '../src/root-secret.js';

const [FIRST, SECOND, THIRD] = ['kQ7v2mYx9RtLw4ZcB8nHs3PdUa6JfEgT', 'Zp1oXq5CiVb7NyMr0WkSj9DhGe2LtAuF', 'mK3vX9qLw2TzR8nB5cY7dF4gH6jP1sAe'];

const LIMITS = { size: 3, statementMs: 30_000, waitMs: 10_000 };

describe.each(engines)('the root secret of a database on %s', (engine) => {
  let test: TestDatabase;
  let databases: Databases;
  beforeEach(async () => {
    test = await testDatabase({ engine, owners: [] });
    databases = await openDatabases([{ config: test.config, embedded: test.embedded,
      schemas: [{ name: 'kernel', migrations: platformMigrations, entities: [] }], limits: LIMITS }]);
  });
  afterEach(async () => {
    await databases.close();
    await test.close();
  });

  const boot = (secret: string, ...former: string[]) => assertRootSecret(databases, new Secrets(secret, former));
  const refusal = expect.objectContaining({ reason: 'kernel.another-secret', message: expect.stringMatching(/ATOLL_SECRET_PREVIOUS to the former/) });

  it('is the first one it is opened with', async () => {
    await boot(FIRST);
    await boot(FIRST);
    await expect(boot(SECOND)).rejects.toEqual(refusal);
    await boot(FIRST);
  });

  it('changes with the former one at hand, and not back without it', async () => {
    await boot(FIRST);
    await boot(SECOND, FIRST);
    await boot(SECOND);
    await expect(boot(FIRST)).rejects.toEqual(refusal);
    await boot(FIRST, SECOND);
    await boot(THIRD, SECOND, FIRST);
    await expect(boot(SECOND, FIRST)).rejects.toEqual(refusal);
  });

  it('is one of however many that begin at once', async () => {
    const began = await Promise.allSettled([boot(FIRST), boot(SECOND), boot(THIRD), boot(FIRST), boot(SECOND)]);
    const kept = [FIRST, SECOND, THIRD].filter((_, at) => began[at]!.status === 'fulfilled');
    expect(kept).toHaveLength(1);
    await boot(kept[0]!);
  });

  it('stands in it as something that tells nothing of it', async () => {
    await boot(FIRST);
    const rows = await databases.platformDbs()[0]!.systemQuery('a spec', 'select * from kernel.root_secret', []);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(FIRST.slice(0, 8));
  });
});
