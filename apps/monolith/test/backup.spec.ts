import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SchemaOwner } from '#platform/database';
import { createLogin } from '#platform/runtime';
import { findBinaries, seedDataDir, startPostgres, type TestDatabase, testDatabase, type TestPostgres } from '#platform/testing';
import { contexts } from '../../contexts.js';
import { examine } from '../src/doctor/doctor.js';
import { RunningProcess } from './running-process.js';

const SECRET = 'a-root-secret-that-is-kept-beside-the-backup-41';

/** What docs/operations.md tells an operator to do, done. */
describe('a backup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-backup-'));
  const running: RunningProcess[] = [];
  let owners: SchemaOwner[];
  let database: TestDatabase | undefined;
  let spare: TestPostgres | undefined;

  beforeAll(async () => {
    owners = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
  });

  afterAll(async () => {
    await Promise.all(running.map((one) => one.end('SIGKILL')));
    await Promise.all([database?.close(), spare?.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(env: Record<string, string>): Promise<RunningProcess> {
    const started = await RunningProcess.start(env);
    running.push(started);
    return started;
  }

  /** Writes something down through the running program. */
  async function remember(process: RunningProcess, fact: string): Promise<void> {
    expect((await process.owner().send('POST', '/v1/memories', { text: fact })).status).toBe(201);
  }

  /** Signs in with the key of before, and finds what was written, and the document's very words. */
  async function expectAll(process: RunningProcess, fact: string): Promise<void> {
    const owner = process.owner();
    await process.documented();
    const { body: memories } = await owner.send<{ items: { text: string }[] }>('GET', '/v1/memories');
    expect(memories.items.map(({ text }) => text)).toContain(fact);
    const answer = await owner.ask(await owner.converse(), 'How do I move search into its own pod?');
    expect(answer.text).toMatch(/ATOLL_CONTEXTS=search/);
    const { body: files } = await owner.send<{ items: { id: string }[] }>('GET', '/v1/knowledge/files?limit=100');
    expect((await owner.send('GET', `/v1/knowledge/files/${files.items[0]!.id}/content`)).status).toBe(200);
  }

  it('of the embedded database is a copy of its folder', async () => {
    const dataDir = join(folder, 'embedded');
    await seedDataDir(join(dataDir, 'data'), owners);
    const first = await start({ ATOLL_DATA_DIR: dataDir });
    await remember(first, 'The spare key hangs behind the barometer.');
    await first.end('SIGTERM');
    cpSync(dataDir, join(folder, 'embedded-copy'), { recursive: true });
    rmSync(dataDir, { recursive: true });
    await expectAll(await start({ ATOLL_DATA_DIR: join(folder, 'embedded-copy') }), 'The spare key hangs behind the barometer.');
  }, 90_000);

  it('of Postgres is taken while it runs, and restored on an empty server', async () => {
    const programs = findBinaries();
    if (!programs || !existsSync(join(programs, 'pg_dump'))) {
      process.stderr.write('No pg_dump beside a local Postgres, so the backup of a server was not drilled.\n');
      return;
    }
    const run = (program: string, ...args: string[]): void => {
      const { status, stderr } = spawnSync(join(programs, program), args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${program}: ${stderr}`);
    };
    [database, spare] = await Promise.all([testDatabase({ engine: 'postgres', owners }), startPostgres({ own: true, fsync: false })]);
    const dataDir = join(folder, 'server');
    const first = await start({ ATOLL_DATA_DIR: dataDir, DATABASE_URL: database.url!, ATOLL_SECRET: SECRET });
    await remember(first, 'The spare key hangs behind the sextant.');

    const [roles, dump] = [join(folder, 'roles.sql'), join(folder, 'atoll.dump')];
    run('pg_dumpall', '--roles-only', '--no-role-passwords', '-d', database.adminUrl!, '-f', roles);
    run('pg_dump', '-Fc', '-C', '-d', database.adminUrl!, '-f', dump);
    cpSync(dataDir, join(folder, 'server-copy'), { recursive: true });
    await first.end('SIGKILL');

    run('psql', '-d', spare.adminUrl, '-q', '-f', roles);
    run('pg_restore', '-C', '-d', spare.adminUrl, dump);
    const restored = new URL(spare.adminUrl);
    restored.pathname = new URL(database.adminUrl!).pathname;
    const { databaseUrl } = await createLogin({ adminUrl: restored.href, login: new URL(database.url!).username, rotate: true });
    const env = { ATOLL_DATA_DIR: join(folder, 'server-copy'), DATABASE_URL: databaseUrl, ATOLL_SECRET: SECRET };
    expect((await examine(env)).findings.filter(({ level }) => level === 'fault')).toEqual([]);
    await expectAll(await start(env), 'The spare key hangs behind the sextant.');
  }, 120_000);
});
