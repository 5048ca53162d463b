import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrateDatabase } from '#platform/runtime';
import { repoRoot, startPostgres, type TestPostgres, withClient } from '#platform/testing';
import { contexts } from '../../contexts.js';
import { examine } from '../src/doctor/doctor.js';

/** The statements that docker-compose.yml's Postgres runs when its volume is new, on a Postgres that is new as well. */
describe('the login that docker-compose makes', () => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startPostgres({ own: true, fsync: false });
  });

  afterAll(() => server.close());

  it('is one that a start accepts, behind a wall without a hole', async () => {
    const script = readFileSync(join(repoRoot(), 'deploy/docker/make-login.sh'), 'utf8');
    const sql = /<<'SQL'\n([\s\S]+?)\nSQL/.exec(script)![1]!.replace(/:'(owner_)?password'/g, `'sesame'`).replace(/^.*\\gexec$/m, '');
    await withClient({ connectionString: server.adminUrl }, (admin) => admin.query('create database atoll'));
    const superuser = new URL(server.adminUrl);
    superuser.pathname = '/atoll';
    await withClient({ connectionString: superuser.href }, (admin) => admin.query(sql));
    const owner = new URL(superuser);
    owner.username = 'migrator';
    owner.password = 'sesame';
    await migrateDatabase(owner.href, await Promise.all(contexts.map(async ({ load }) => (await load()).context)));
    const login = new URL(owner);
    login.username = 'atoll_app';
    login.password = 'sesame';
    const { findings } = await examine({ DATABASE_URL: login.href });
    expect(findings.filter(({ level }) => level === 'fault')).toEqual([]);
    expect(findings.map(({ says }) => says)).toContain('the wall between tenants stands on every table');
  });
});
