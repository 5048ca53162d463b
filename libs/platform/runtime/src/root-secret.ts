import { AppError, type Secrets } from '#platform/core';
import { type Databases, globalTable, type Migration } from '#platform/database';

export const rootSecretMigration: Migration = {
  name: 'kernel/0030-root-secret',
  up: globalTable('kernel.root_secret', 'one boolean primary key default true check (one), fingerprint text not null',
    'under which root secret of the deployment things are sealed here'),
};

/**
 * Boot's question whether what lies here can be opened: throws where it was sealed under a root secret that this process does not know.
 * Each database remembers the latest one by a fingerprint that tells nothing of it.
 */
export async function assertRootSecret(databases: Databases, secrets: Secrets): Promise<void> {
  const [present, ...former] = secrets.fingerprints;
  for (const db of databases.platformDbs()) {
    const isPresent = async (): Promise<boolean> => (await db.systemQuery<{ fingerprint: string }>(
      'which root secret this database knows', 'select fingerprint from kernel.root_secret', []))[0]?.fingerprint === present;
    if (await isPresent()) continue;
    await db.systemQuery('a root secret is used for the first time',
      `insert into kernel.root_secret (fingerprint) values ($1)
       on conflict (one) do update set fingerprint = $1 where root_secret.fingerprint = any ($2)`, [present, former]);
    if (!(await isPresent())) throw anotherSecret();
  }
}

function anotherSecret(): AppError {
  return new AppError('invalid', 'kernel.another-secret',
    'Atoll did not start: its database was sealed under another ATOLL_SECRET, so nobody could sign in. Set ATOLL_SECRET to the ' +
      'former value (where it was never set: what the file "secret" in ATOLL_DATA_DIR held), or keep the new ' +
      'one and set ATOLL_SECRET_PREVIOUS to the former. If it is lost for good: "A lost secret" in docs/operations.md.');
}
