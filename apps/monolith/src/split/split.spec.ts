import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, repoRoot, startRedis, type TestDatabase, testDatabase, type TestRedis } from '#platform/testing';
import { contexts } from '../../../contexts.js';
import { contextGraph } from '../../../graph.js';
import { placementFaults } from '../../../placement.js';
import { examine } from '../doctor/doctor.js';
import { planSplit, splitScript } from './split.js';

const graph = contextGraph();
const names = Object.keys(graph).filter((name) => !name.startsWith('platform/'));

describe('the plan of a split', () => {
  it.each(names)('of %s can start on both sides, and hosts every context exactly once', (name) => {
    const { pods, rest } = planSplit({ moved: [name], replicas: 1, env: {} });
    expect([...pods[0]!.contexts, ...rest.contexts].sort()).toEqual([...names].sort());
    for (const side of [...pods, rest]) expect(placementFaults(side.contexts, graph, true)).toEqual([]);
    expect(rest.env[`ATOLL_URL_${name.toUpperCase()}`]).toBe(`http://127.0.0.1:${pods[0]!.port}`);
  });

  it('gives each replica a port of its own, beside the one that stays', () => {
    const { pods, rest } = planSplit({ moved: ['search'], replicas: 3, env: { PORT: '4000' } });
    expect([rest.port, ...pods.map(({ port }) => port)]).toEqual([4000, 4001, 4002, 4003]);
  });

  it('goes back by starting the whole one first, on a port that nobody of them has', () => {
    const { pods, rest, whole } = planSplit({ moved: ['search'], replicas: 2, env: {} });
    expect(whole.contexts).toEqual(names);
    expect(whole.env).toEqual({ PORT: '3003' });
    expect(new Set([whole.port, rest.port, ...pods.map(({ port }) => port)]).size).toBe(4);
    expect(rest.env.ATOLL_URL_SEARCH).toBe('http://127.0.0.1:3001,http://127.0.0.1:3002');
    expect(splitScript({ moved: ['search'], replicas: 2, env: {} }))
      .toMatch(/whole one first, then point the clients at it, then stop the others with SIGTERM\.\n# PORT=3003 node/);
    expect(splitScript({ moved: ['memory'], replicas: 1, env: { ATOLL_CONTEXTS: 'search,memory,tenancy' } }))
      .toMatch(/\n# ATOLL_CONTEXTS=search,memory,tenancy PORT=3002 node/);
  });

  it('takes out of what this process hosts, and nothing else', () => {
    const env = { ATOLL_CONTEXTS: 'search,memory,tenancy' };
    expect(planSplit({ moved: ['memory'], replicas: 1, env }).rest.env.ATOLL_CONTEXTS).toBe('search,tenancy');
    expect(() => planSplit({ moved: ['agent'], replicas: 1, env })).toThrow('does not host agent');
  });

  it.each([[['serach'], 'serach: no such context'], [[], 'Name what to move'], [names, 'Nothing would stay behind']])(
    'refuses %j', (moved, words) => {
    expect(() => planSplit({ moved, replicas: 1, env: {} })).toThrow(words);
  });

  it.each([0, 1.5, 1000, NaN])('refuses %d replicas', (replicas) => {
    expect(() => planSplit({ moved: ['search'], replicas, env: {} })).toThrow('--replicas');
  });
});

describe('the printed script', () => {
  it('names what is not set here, and shows no secret that is', () => {
    const bare = splitScript({ moved: ['search'], replicas: 1, env: {} });
    for (const key of ['DATABASE_URL', 'REDIS_URL']) expect(bare).toMatch(new RegExp(`export ${key}=.*# not set here`));
    const full = splitScript({ moved: ['search'], replicas: 2,
      env: { DATABASE_URL: 'postgres://a:hush@h/d', REDIS_URL: 'redis://:hush@h', ATOLL_SECRET: 'hush',
        ATOLL_DATABASE_URL_SEARCH: 'postgres://b:hush@h/e' } });
    expect(full).not.toMatch(/hush/);
    expect(full).toContain('export ATOLL_DATABASE_URL_SEARCH="$ATOLL_DATABASE_URL_SEARCH"');
    expect(full).toMatch(/2 replicas[\s\S]*ATOLL_CONTEXTS=search PORT=3001 .*&\nATOLL_CONTEXTS=search PORT=3002 .*&/);
  });
});

/** Pasted into a shell, as an operator would. */
describe('what the script starts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-split-'));
  let database: TestDatabase;
  let redis: TestRedis;
  let shell: ChildProcess | undefined;

  beforeAll(async () => {
    const owners = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
    [database, redis] = await Promise.all([testDatabase({ engine: 'postgres', owners }), startRedis()]);
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'secret'), 'a-root-secret-of-the-first-process-0123456789');
  });

  afterAll(async () => {
    if (shell?.exitCode === null) {
      const gone = new Promise((resolve) => shell!.once('close', resolve));
      process.kill(-shell.pid!, 'SIGKILL');
      await gone;
    }
    await Promise.all([database?.close(), redis?.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('is two processes that reach each other', async () => {
    const port = await freePorts(2);
    const env = { PORT: String(port), DATABASE_URL: database.url!, REDIS_URL: redis.url, ATOLL_DATA_DIR: join(folder, 'data') };
    const script = splitScript({ moved: ['search'], replicas: 1, env });
    let printed = '';
    shell = spawn('/bin/sh', ['-c', `${script}\nwait`],
      { cwd: repoRoot(), env: { PATH: process.env.PATH, ATOLL_LOG_LEVEL: 'warn', ...env }, detached: true,
        stdio: ['ignore', 'pipe', 'pipe'] });
    for (const out of [shell.stdout!, shell.stderr!]) out.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await eventually(() => expect(printed).toMatch(/is up at[\s\S]*is up at/), { timeoutMs: 40_000 });
    expect(printed).toMatch(/is up at \S+ with search\n/);
    expect(printed).toMatch(/is up at \S+ with tenancy,? ?memory/);
    const { rest } = planSplit({ moved: ['search'], replicas: 1, env });
    const { findings } = await examine({ ...env, ...rest.env });
    expect(findings.map(({ says }) => says)).toContain('search is ready at ATOLL_URL_SEARCH');
    // Sign-up is served by the process that hosts tenancy; the pod verifies the key it gave out by asking it through Redis.
    const at = `http://127.0.0.1:${port}`;
    const post = (url: string, body: unknown, token?: string): Promise<Response> =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify(body) });
    const ada = { email: 'ada@split.example', password: 'a-long-enough-passphrase-7' };
    expect((await post(`${at}/v1/auth/register`, { tenantName: 'Split', name: 'Ada', ...ada })).status).toBe(201);
    const { accessToken } = (await (await post(`${at}/v1/auth/login`, ada)).json()) as { accessToken: string };
    expect((await post(`http://127.0.0.1:${port + 1}/v1/search`, { query: 'anything' }, accessToken)).status).toBe(200);
  }, 90_000);
});

/** The first of several free ports in a row. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await listen(0);
    const rest = await Promise.all(Array.from({ length: count - 1 }, (_, at) => listen(first + at + 1)));
    if (!rest.includes(0)) return first;
  }
}

function listen(port: number): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(0)).listen(port, '127.0.0.1', () => {
      const { port: taken } = server.address() as { port: number };
      server.close(() => resolve(taken));
    });
  });
}
