import { randomBytes } from 'node:crypto';
import { Database, type SchemaRegistration } from '../../src/database.js';
import { createLogin, migrateDatabase, serverTarget } from '#platform/runtime';
import { databaseUrl, withAdmin } from '#platform/testing';
import { depot, shop } from './fixture.js';
import { type Proof, type ProofGround, expected, reasonOf } from './proof-kit.js';

const LIMITS = { size: 2, statementMs: 5_000, waitMs: 2_000 };

interface Place {
  adminUrl: string;
  loginUrl: string;
  login: string;
}

/** What a process refuses to start on. */
export const bootProofs: Proof[] = [
  {
    name: 'a process does not start above the wall, beside it, or on a wall with a hole',
    server: true,
    run: (ground) => onOwnDatabase(ground, async ({ adminUrl, loginUrl, login }, faults) => {
      const admin = (sql: string): Promise<unknown> => withAdmin(adminUrl, (client) => client.query(sql));
      expected(faults, 'superuser, before there is a schema', await start(adminUrl), 'kernel.wall');
      expected(faults, 'no schema yet', await start(loginUrl), 'kernel.schema-behind');
      await migrateDatabase(adminUrl, [shop]);
      expected(faults, 'a context that is not migrated', await start(loginUrl), 'kernel.schema-behind');
      await migrateDatabase(adminUrl, [shop, depot]);
      expected(faults, 'all in order', await start(loginUrl), 'nothing was thrown');
      for (const [make, unmake] of [
        [`alter role ${login} inherit`, `alter role ${login} noinherit`],
        [`alter role ${login} createrole`, `alter role ${login} nocreaterole`],
        [`alter role ${login} bypassrls`, `alter role ${login} nobypassrls`],
        [`grant pg_read_all_data to ${login}`, `revoke pg_read_all_data from ${login}`],
        [`alter table shop.item owner to ${login}`, `alter table shop.item owner to current_user`],
        [`grant select on shop.item to ${login}`, `revoke select on shop.item from ${login}`],
        ['alter table shop.item no force row level security', 'alter table shop.item force row level security'],
      ]) {
        await admin(make!);
        expected(faults, make!, await start(loginUrl), 'kernel.wall');
        await admin(unmake!);
      }
      expected(faults, 'all mended', await start(loginUrl), 'nothing was thrown');
    }),
  },
  {
    name: 'a migration that was edited, or is newer than the program, stops it',
    server: true,
    run: (ground) => onOwnDatabase(ground, async ({ adminUrl, loginUrl }, faults) => {
      await migrateDatabase(adminUrl, [shop, depot]);
      const [first] = depot.migrations;
      const edited: SchemaRegistration = { ...depot, migrations: [{ ...first!, up: [...(first!.up as string[]), 'select 1'] }] };
      expected(faults, 'migrating what was edited', await reasonOf(() => migrateDatabase(adminUrl, [shop, edited])),
        'kernel.migration-edited');
      expected(faults, 'starting on what was edited', await start(loginUrl, [shop, edited]), 'kernel.migration-edited');
      const newer = (breaking: boolean): SchemaRegistration => (
        { ...depot, migrations: [...depot.migrations, { name: `depot/000${breaking ? 3 : 2}-newer`, up: ['select 1'], breaking }] }
      );
      await migrateDatabase(adminUrl, [shop, newer(false)]);
      expected(faults, 'an older program on a widened schema', await start(loginUrl), 'nothing was thrown');
      await migrateDatabase(adminUrl, [shop, newer(true)]);
      expected(faults, 'an older program on a narrowed schema', await start(loginUrl), 'kernel.schema-ahead');
      expected(faults, 'a program without that context', await start(loginUrl, [shop]), 'nothing was thrown');
    }),
  },
];

async function start(url: string, schemas: SchemaRegistration[] = [shop, depot]): Promise<string> {
  return reasonOf(async () => (await Database.open(serverTarget(url, undefined, schemas, LIMITS))).close());
}

async function onOwnDatabase({ serverUrl }: ProofGround, work: (place: Place, faults: string[]) => Promise<void>): Promise<string[]> {
  const name = `boot_${randomBytes(5).toString('hex')}`;
  const adminUrl = databaseUrl(serverUrl!, name);
  const faults: string[] = [];
  await withAdmin(serverUrl!, (client) => client.query(`create database ${name} template template0`));
  try {
    const { databaseUrl: loginUrl } = await createLogin({ adminUrl, login: name });
    await work({ adminUrl, loginUrl, login: name }, faults);
  } finally {
    await withAdmin(serverUrl!, async (client) => {
      await client.query(`drop database ${name} with (force)`);
      await client.query(`drop role if exists ${name}`);
    });
  }
  return faults;
}
