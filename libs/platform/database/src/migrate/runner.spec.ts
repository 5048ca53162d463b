import pg from 'pg';
import { engines, eventually, startPostgres, testDatabase, type TestDatabase, type TestPostgres, withClient } from '#platform/testing';
import type { Migration } from '../schema/migration.js';
import { tenantTable } from '../schema/tables.js';
import { createLogin } from '#platform/runtime';
import { checksum, migrate } from './runner.js';

const harbour = (...migrations: Migration[]) => [{ name: 'harbour', migrations }];
const berths: Migration = { name: 'harbour/0001-berths',
  up: tenantTable('harbour.berth', 'id uuid not null, primary key (tenant_id, id)') };

describe.each(engines)('migrations on %s', (engine) => {
  let test: TestDatabase;
  let admin: pg.Client;

  beforeEach(async () => {
    test = await testDatabase({ engine });
    admin = new pg.Client(test.admin);
    await admin.connect();
  });

  afterEach(async () => {
    await admin.end();
    await test.close();
  });

  const names = async (): Promise<string[]> =>
    (await admin.query<{ name: string }>(`select name from kernel.migration order by name`)).rows.map((row) => row.name);

  it('run once, in order, and are recorded', async () => {
    const quays: Migration = { name: 'harbour/0002-quays', up: ['alter table harbour.berth add column quay text'] };
    expect((await migrate(admin, harbour(berths), test.embedded)).applied).toEqual(['harbour/0001-berths']);
    expect((await migrate(admin, harbour(berths, quays), test.embedded)).applied).toEqual(['harbour/0002-quays']);
    expect((await migrate(admin, harbour(berths, quays), test.embedded)).applied).toEqual([]);
    expect(await names()).toEqual(['harbour/0001-berths', 'harbour/0002-quays']);
  });

  it('leave nothing behind when one fails, and say which', async () => {
    const wrong: Migration = { name: 'harbour/0002-wrong', up: ['create table harbour.half (id int)', 'select no_such_function()'] };
    await expect(migrate(admin, harbour(berths, wrong), test.embedded))
      .rejects.toMatchObject({ reason: 'kernel.migration-failed',
        message: expect.stringMatching(/harbour\/0002-wrong .*no_such_function/) as string });
    expect(await names()).toEqual(['harbour/0001-berths']);
    expect((await admin.query(`select to_regclass('harbour.half') as there`)).rows).toEqual([{ there: null }]);
  });

  it('refuse one that was edited after it ran', async () => {
    await migrate(admin, harbour(berths), test.embedded);
    const edited = { ...berths, up: [...(berths.up as string[]), 'select 1'] };
    await expect(migrate(admin, harbour(edited), test.embedded)).rejects.toMatchObject({ reason: 'kernel.migration-edited' });
  });

  it('stand in the order of their names, under their context', async () => {
    const other: Migration = { name: 'quay/0001-x', up: [] };
    await expect(migrate(admin, harbour(other), test.embedded)).rejects.toThrow('must start with harbour/');
    await expect(migrate(admin, harbour({ name: 'harbour/0002-b', up: [] }, { name: 'harbour/0001-a', up: [] }), test.embedded))
      .rejects.toThrow('in the order of their names');
  });

  it('lift FORCE for a back-fill by the owner and put it back', async () => {
    const { backfill } = await import('../schema/tables.js');
    const fill: Migration = { name: 'harbour/0002-fill',
      up: ['alter table harbour.berth add column quay text', ...backfill('harbour.berth', [`update harbour.berth set quay = 'north'`])] };
    await migrate(admin, harbour(berths, fill), test.embedded);
    expect((await admin.query(`select relforcerowsecurity as forced from pg_class where oid = 'harbour.berth'::regclass`)).rows)
      .toEqual([{ forced: true }]);
  });

  it('keep to what the server could do when the schema was made', async () => {
    const { server } = await migrate(admin, [], test.embedded);
    const { rows } = await admin.query<{ there: boolean }>(`select exists (select 1 from pg_extension where extname = 'vector') as there`);
    expect(server.vector).toBe(rows[0]!.there);
    await admin.query('update kernel.database set vector = not vector');
    expect((await migrate(admin, [], test.embedded)).server.vector).toBe(!server.vector);
  });
});

describe('migrations of several processes at once', () => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres();
  });

  afterAll(async () => {
    await server.close();
  });

  it('wait for each other on one database, and make the cluster\'s roles together on several', async () => {
    const urls = await Promise.all([server.createDatabase(), server.createDatabase(), server.createDatabase()]);
    const name = `h${Math.random().toString(36).replace(/[^a-z]/g, '').slice(0, 8)}xx`;
    const owners = [{ name, migrations: [{ name: `${name}/0001-x`,
      up: tenantTable(`${name}.x`, 'id uuid not null, primary key (tenant_id, id)') }] }];
    const reports = await Promise.all(
      [...urls, ...urls, ...urls].map((connectionString) => withClient({ connectionString }, (client) => migrate(client, owners))));
    expect(reports.flatMap((report) => report.applied)).toHaveLength(urls.length);
    for (const url of urls) await server.dropDatabase(url);
    await withClient({ connectionString: server.adminUrl }, (client) => client.query(`drop role atoll_${name}, atoll_${name}_system`));
  });

  it('give way to whoever has the table, so that requests wait no longer than three seconds, and come back', async () => {
    const adminUrl = await server.createDatabase();
    const [holder, reader] = [new pg.Client(adminUrl), new pg.Client(adminUrl)];
    try {
      await withClient({ connectionString: adminUrl }, (client) => migrate(client, harbour(berths)));
      await Promise.all([holder.connect(), reader.connect()]);
      await holder.query('begin');
      await holder.query('select from harbour.berth');
      const wider: Migration = { name: 'harbour/0002-wider', up: ['alter table harbour.berth add column quay text'] };
      const migrating = withClient({ connectionString: adminUrl }, (client) => migrate(client, harbour(berths, wider)));
      // A reader that comes now stands behind the migration, which stands behind the holder.
      await eventually(async () =>
        expect((await reader.query(`select 1 from pg_locks where not granted and relation = 'harbour.berth'::regclass`)).rowCount).toBe(1));
      const from = performance.now();
      await reader.query('select from harbour.berth');
      expect(performance.now() - from).toBeLessThan(3_500);
      await holder.query('commit');
      expect((await migrating).applied).toEqual(['harbour/0002-wider']);
    } finally {
      await Promise.all([holder.end(), reader.end()]);
      await server.dropDatabase(adminUrl);
    }
  });

  it('are behind a login that is made once, and given a new password on request only', async () => {
    const adminUrl = await server.createDatabase();
    const login = `login_${Math.random().toString(36).slice(2, 8)}`;
    const first = await createLogin({ adminUrl, login });
    expect(first.created).toBe(true);
    await expect(createLogin({ adminUrl, login })).rejects.toMatchObject({ reason: 'kernel.login-exists' });
    const second = await createLogin({ adminUrl, login, rotate: true });
    expect(second.created).toBe(false);
    expect(new URL(second.databaseUrl).password).not.toBe(new URL(first.databaseUrl).password);
    const { rows } = await withClient({ connectionString: second.databaseUrl },
      (client) => client.query('select rolsuper, rolinherit, rolbypassrls, rolcreaterole from pg_roles where rolname = current_user'));
    expect(rows).toEqual([{ rolsuper: false, rolinherit: false, rolbypassrls: false, rolcreaterole: false }]);
    await expect(createLogin({ adminUrl, login: 'drop table; --' })).rejects.toMatchObject({ reason: 'kernel.login-name' });
    await server.dropDatabase(adminUrl);
    await withClient({ connectionString: server.adminUrl }, (client) => client.query(`drop role ${login}`));
  });
});

describe('the checksum of a migration', () => {
  it('covers every form of its statements, and nothing of the server that is asked', () => {
    const forms = (word: string): Migration => ({ name: 'harbour/0001-x', up: ({ vector }) => [vector ? 'vector' : word] });
    expect(checksum(forms('bytea'))).toBe(checksum(forms('bytea')));
    expect(checksum(forms('bytea'))).not.toBe(checksum(forms('text')));
  });
});
