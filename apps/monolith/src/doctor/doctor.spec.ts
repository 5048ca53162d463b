import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { EmbeddedPostgres } from '#platform/pglite';
import type { SchemaOwner } from '#platform/database';
import {
  repoRoot, S3Server, seedDataDir, startRedis, type TestDatabase, testDatabase, type TestRedis, withClient,
} from '#platform/testing';
import { contexts } from '../../../contexts.js';
import { type Examination, examine } from './doctor.js';
import type { Level } from './finding.js';
import { examineMachine } from './machine.js';
import { admit } from './patient.js';

const dataDir = mkdtempSync(join(tmpdir(), 'atoll-doctor-'));
let owners: SchemaOwner[];
let database: TestDatabase;
let redis: TestRedis;

beforeAll(async () => {
  owners = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
  [database, redis] = await Promise.all([testDatabase({ engine: 'postgres', owners }), startRedis()]);
});

afterAll(async () => {
  await Promise.all([database?.close(), redis?.close()]);
  rmSync(dataDir, { recursive: true, force: true });
});

const env = (more: Record<string, string> = {}): Record<string, string> =>
  ({ ATOLL_DATA_DIR: dataDir, DATABASE_URL: database.url!, ...more });
const told = ({ findings }: Examination, level: Level): string[] =>
  findings.filter((finding) => finding.level === level).map(({ area, says }) => `${area}: ${says}`);
const admin = (sql: string): Promise<unknown> => withClient(database.admin, (client) => client.query(sql));
const login = (): string => new URL(database.url!).username;

describe('the doctor', () => {
  it('finds nothing wrong with a fresh Postgres, Redis and data folder', async () => {
    const seen = await examine(env({ REDIS_URL: redis.url, ATOLL_SECRET: 'k'.repeat(16) + 'q9'.repeat(12) }));
    expect(told(seen, 'fault')).toEqual([]);
    expect(seen.exitCode).toBe(0);
    expect(told(seen, 'ok').join('\n'))
      .toMatch(/Postgres \d+[\s\S]*every migration[\s\S]*wall between tenants stands[\s\S]*clocks agree[\s\S]*noeviction/);
    expect(told(seen, 'warning')).toEqual([expect.stringMatching(/^redis: append-only file is off/)]);
    expect(seen.findings.filter(({ level, mend }) => level !== 'ok' && !mend)).toEqual([]);
  });

  it('prints its report, and its exit code tells a script', async () => {
    const cli = join(repoRoot(), 'dist/apps/monolith/src/cli.js');
    const run = (more: Record<string, string>): Promise<{ code: number; out: string }> => new Promise((resolve) => {
      execFile(process.execPath, [cli, 'doctor'], { env: { PATH: process.env.PATH, ...env(more) } },
        (error, stdout) => resolve({ code: (error?.code as number | undefined) ?? 0, out: stdout }));
    });
    const [fit, ill] = await Promise.all([run({}), run({ REDIS_URL: 'redis://127.0.0.1:1' })]);
    expect(fit).toMatchObject({ code: 0, out: expect.stringContaining('Fit to run') as string });
    expect(ill).toMatchObject({ code: 1, out: expect.stringMatching(/FAULT +redis +Redis could not be reached.*ECONNREFUSED/) as string });
  });

  it('tells each faulty setting by name, and goes on with the rest', async () => {
    const seen = await examine(env({ ATOLL_CONTEKSTS: 'all', PORT: 'many', ATOLL_CONTEXTS: 'agent' }));
    const faults = told(seen, 'fault').join('\n');
    for (const word of [/ATOLL_CONTEKSTS is not a setting/, /PORT must be a number/, /ATOLL_CONTEXTS leaves out search, which agent/])
      expect(faults).toMatch(word);
    expect(told(seen, 'ok').join('\n')).toMatch(/Postgres \d+/);
  });
});

describe('of the files, the doctor', () => {
  it('sees a bucket, one that is not there, and a key that is refused', async () => {
    const s3 = await S3Server.start();
    const bucket = s3.env;
    try {
      expect(told(await examine(env(bucket)), 'ok')).toContain('files: bucket atoll can be listed');
      expect(
        told(await examine(env({ ...bucket, ATOLL_S3_BUCKET: 'nobody' })), 'fault')
      ).toEqual([expect.stringMatching(/^files: There is no bucket nobody at that server/)]);
      expect(
        told(await examine(env({ ...bucket, ATOLL_S3_ACCESS_KEY_ID: 'NOBODY' })), 'fault')
      ).toEqual([expect.stringMatching(/^files: The server refuses the key for bucket atoll/)]);
    } finally {
      await s3.close();
    }
    expect(told(await examine(env(bucket)), 'fault')).toEqual(
      [expect.stringMatching(/^files: The server of bucket atoll does not answer/)]
    );
  });
});

describe('of a database, the doctor', () => {
  it('refuses a login above the wall', async () => {
    const seen = await examine(env({ DATABASE_URL: database.adminUrl! }));
    expect(told(seen, 'fault').join('\n'))
      .toMatch(/postgres: is a superuser, for whom Postgres checks no policy\. Make an unprivileged one/);
  });

  it.each([['bypassrls', /BYPASSRLS.*nobypassrls/], ['createrole', /may create and change roles/], ['inherit', /inherits.*noinherit/]])(
    'names a login with %s', async (attribute, words) => {
    await admin(`alter role ${login()} ${attribute}`);
    try {
      expect(told(await examine(env()), 'fault').join('\n')).toMatch(words);
    } finally {
      await admin(`alter role ${login()} no${attribute}`);
    }
  });

  it('names a table whose wall has a hole', async () => {
    await admin('alter table search.chunk no force row level security');
    try {
      const seen = await examine(env());
      expect(told(seen, 'fault')).toEqual([expect.stringMatching(/hole: search\.chunk: .*force row level security/i)]);
    } finally {
      await admin('alter table search.chunk force row level security');
    }
  });

  it('names missing migrations: a fault, unless the next start runs them', async () => {
    const last = owners.find(({ name }) => name === 'billing')!.migrations.at(-1)!.name;
    const { rows: [record] } = await withClient(database.admin,
      (client) => client.query<{ checksum: string }>('delete from kernel.migration where name = $1 returning checksum', [last]));
    try {
      expect(told(await examine(env()), 'fault').join('\n')).toContain(`1 migration has not run on it: ${last}`);
      const migrating = await examine(env({ ATOLL_MIGRATION_DATABASE_URL: database.adminUrl! }));
      expect(migrating.exitCode).toBe(0);
      expect(told(migrating, 'warning').join('\n')).toContain(last);
    } finally {
      await withClient(database.admin, (client) => client.query('insert into kernel.migration (name, context, checksum, breaking) ' +
        'values ($1, $2, $3, false)', [last, 'billing', record!.checksum]));
    }
  });

  it('says so when nobody answers, or the password is wrong', async () => {
    const closed = await examine(env({ DATABASE_URL: 'postgres://somebody@127.0.0.1:1/atoll' }));
    expect(closed.exitCode).toBe(1);
    expect(told(closed, 'fault').join('\n')).toMatch(/^database: /);
    const nowhere = new URL(database.url!);
    nowhere.pathname = '/no_such_database';
    expect(told(await examine(env({ DATABASE_URL: nowhere.href })), 'fault').join('\n')).toMatch(/does not exist on that server/);
  });

  it('looks at the embedded one, also while a process runs on it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'atoll-doctor-embedded-'));
    try {
      await seedDataDir(join(folder, 'data'), owners);
      const idle = await examine({ ATOLL_DATA_DIR: folder });
      expect(idle.exitCode).toBe(0);
      expect(told(idle, 'ok').join('\n')).toMatch(/embedded Postgres[\s\S]*the wall between tenants stands/);
      const running = await EmbeddedPostgres.start({ dataDir: join(folder, 'data') });
      expect(told(await examine({ ATOLL_DATA_DIR: folder }), 'ok').join('\n')).toMatch(new RegExp(`embedded, process ${process.pid}`));
      await running.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('of clocks, the doctor', () => {
  afterEach(() => void jest.restoreAllMocks());

  it.each([[-7_000, 'fault', /ahead of this machine's/], [2_000, 'warning', /behind this machine's/]] as const)('tells one that is off ' +
    'by %i ms', async (shift, level, words) => {
    const now = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => now() + shift);
    const clocks = told(await examine(env({ REDIS_URL: redis.url })), level).filter((one) => one.includes('clock'));
    expect(clocks).toEqual([expect.stringMatching(words), expect.stringMatching(words)]);
  });
});

describe('of Redis, the doctor', () => {
  let client: Redis;

  beforeAll(() => {
    client = new Redis(redis.url);
  });

  afterAll(() => client.disconnect());

  const faults = async (): Promise<string> => told(await examine(env({ REDIS_URL: redis.url })), 'fault').join('\n');

  it('refuses one that evicts', async () => {
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await faults()).toMatch(/maxmemory-policy is allkeys-lru/);
    await client.config('SET', 'maxmemory-policy', 'noeviction');
  });

  it('warns of one that is nearly full', async () => {
    await client.config('SET', 'maxmemory', String(Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]) + 100_000));
    expect(told(await examine(env({ REDIS_URL: redis.url })), 'warning').join('\n')).toMatch(/\d+ % of maxmemory is in use/);
    await client.config('SET', 'maxmemory', '0');
  });

  it('refuses a replica', async () => {
    await client.replicaof('127.0.0.1', 1);
    expect(await faults()).toMatch(/is a replica and takes no writes/);
    await client.replicaof('NO', 'ONE');
  });

  it('tells a wrong password from a server that is down', async () => {
    await client.config('SET', 'requirepass', 'sesame');
    expect(await faults()).toMatch(/refused the user or password of REDIS_URL/);
    await client.auth('sesame');
    await client.config('SET', 'requirepass', '');
    expect(told(await examine(env({ REDIS_URL: 'redis://127.0.0.1:1' })), 'fault').join('\n')).toMatch(/could not be reached/);
  });
});

describe('of what it calls, the doctor', () => {
  let server: Server;
  let url: string;
  let status = 200;

  beforeAll(async () => {
    server = createServer((request, response) =>
      void response.writeHead(request.headers.authorization === 'Bearer wrong' ? 401 : status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  beforeEach(() => void (status = 200));

  const split = { ATOLL_CONTEXTS: 'tenancy,memory,billing,agent,analytics' };
  const seen = (more: Record<string, string>): Promise<Examination> => examine(env({ ...split, REDIS_URL: redis.url, ...more }));

  it('asks each context elsewhere whether it is ready', async () => {
    expect(told(await seen({ ATOLL_URL_SEARCH: url }), 'ok')).toContain('reach: search is ready at ATOLL_URL_SEARCH');
    status = 503;
    expect(told(await seen({ ATOLL_URL_SEARCH: url }), 'warning')).toContain('reach: search answers at ATOLL_URL_SEARCH and is not ready');
    status = 404;
    expect(told(await seen({ ATOLL_URL_SEARCH: url }), 'fault'))
      .toContain('reach: ATOLL_URL_SEARCH answers 404 to /health/ready, as Atoll does not');
    expect(told(await seen({ ATOLL_URL_SEARCH: 'http://127.0.0.1:1' }), 'fault'))
      .toContain('reach: search does not answer at ATOLL_URL_SEARCH');
    status = 200;
    const replicas = await seen({ ATOLL_URL_SEARCH: `${url},http://127.0.0.1:1` });
    expect(told(replicas, 'fault')).toEqual(['reach: search does not answer at ATOLL_URL_SEARCH (127.0.0.1:1)']);
    expect(told(await seen({ ATOLL_CONTEXTS: 'none', ATOLL_URL_SEARCH: url }), 'fault').join('\n'))
      .toMatch(/ATOLL_URL_AGENT must say where agent is served/);
  });

  it('names an address of no context, and one of a context that is here', async () => {
    const { findings } = await seen({ ATOLL_URL_SERACH: url, ATOLL_URL_AGENT: url });
    expect(findings.map(({ level, says }) => `${level} ${says}`))
      .toEqual(expect.arrayContaining([expect.stringMatching(/^fault ATOLL_URL_SERACH names serach, which is no context/),
        'warning ATOLL_URL_AGENT is set, and this process hosts agent itself']));
  });

  it('asks the model whether it takes the key', async () => {
    expect(told(await seen({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: 'right' }), 'ok')).toContain('model: 127.0.0.1 answers');
    const refused = await seen({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: 'wrong' });
    expect(told(refused, 'fault')).toContain('model: 127.0.0.1 refuses the key (401)');
    expect(refused.report).not.toMatch(/wrong|right/);
    expect(told(await seen({ OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }), 'fault')).toContain('model: 127.0.0.1 does not answer');
  });
});

describe('of the machine, the doctor', () => {
  const examined = async (more: Record<string, string>, node?: string): Promise<Level[]> =>
    examineMachine((await admit(env(more))).patient, node).map(({ level }) => level);

  it('wants a Node that is new enough', async () => {
    expect(await examined({}, '22.14.0')).toEqual(['fault', 'ok']);
    expect(await examined({}, '22.15.0')).toEqual(['ok', 'ok']);
  });

  it('wants a data folder that can be written, or made', async () => {
    writeFileSync(join(dataDir, 'file'), '');
    expect(await examined({ ATOLL_DATA_DIR: join(dataDir, 'file', 'x') })).toEqual(['ok', 'fault']);
    expect(await examined({ ATOLL_DATA_DIR: join(dataDir, 'not', 'yet') })).toEqual(['ok', 'ok']);
  });

  it('minds a secret that others can read', async () => {
    writeFileSync(join(dataDir, 'secret'), 'x'.repeat(40), { mode: 0o644 });
    expect(await examined({})).toEqual(['ok', 'ok', 'warning']);
    rmSync(join(dataDir, 'secret'));
  });
});
