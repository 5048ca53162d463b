import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { repoRoot } from '#platform/testing';
import type { Credentials } from '../src/demo.js';
import { User } from './user.js';

const monolith = join(repoRoot(), 'dist/apps/monolith/src');

interface Started {
  child: ChildProcess;
  /** All that it printed until the last line of the banner. */
  printed: string;
}

/** The built program, as `npm start` runs it: real processes on a data folder of their own. */
describe('the first start', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'atoll-first-start-'));
  const running: ChildProcess[] = [];
  let first: Started;
  let credentials: Credentials;
  let env: NodeJS.ProcessEnv;

  let asked: Promise<{ stdout: string }>;
  let ready: { login: number; checks: { demo: { pages: number } } };

  beforeAll(async () => {
    env = { PATH: process.env.PATH, PORT: String(await freePort()), ATOLL_DATA_DIR: dataDir };
    const starting = start();
    while (!existsSync(join(dataDir, 'data', 'owner.json'))) await pause(20);
    // By somebody who does not wait until it says that it is up.
    asked = promisify(execFile)(process.execPath, [join(monolith, 'ask.js'), 'How do I move search into its own pod?'], { env });
    asked.catch(() => undefined);
    ready = await firstReady(`http://127.0.0.1:${env.PORT}`);
    first = await starting;
    credentials = readCredentials();
  }, 120_000);

  afterAll(async () => {
    await Promise.all(running.map((child) => stop(child, 'SIGKILL')));
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('prints the address, the sign-in and a line to paste, and keeps them for their owner alone', async () => {
    const { url, email, password, apiKey } = credentials;
    for (const shown of [url, email, password, apiKey, 'curl -N']) expect(first.printed).toContain(shown);
    expect(statSync(join(dataDir, 'credentials.json')).mode & 0o777).toBe(0o600);
    const { status } = await new User(url).send('POST', '/v1/auth/login', { email, password });
    expect(status).toBe(200);
  });

  it('is ready only when its owner can sign in, and shows how far its documentation is', () => {
    expect(ready).toMatchObject({ login: 200,
      checks: { demo: { status: 'up', pages: expect.any(Number), indexed: expect.any(Number), reading: expect.any(Boolean) } } });
  });

  it('prints the banner last, once its documentation can be asked about', async () => {
    expect(first.printed.indexOf('It reads its own documentation')).toBeLessThan(first.printed.indexOf('API key'));
    const { body } = await new User(credentials.url).send<{ checks: { demo: { pages: number; indexed: number } } }>('GET', '/health/ready');
    expect(body.checks.demo).toMatchObject({ reading: false, indexed: body.checks.demo.pages });
    expect(body.checks.demo.pages).toBeGreaterThan(5);
  });

  it('answers a question about itself that was asked in the terminal while it started, citing the document that says it', async () => {
    const { stdout } = await asked;
    expect(stdout).toMatch(/ATOLL_CONTEXTS=search/);
    expect(stdout).toMatch(/docs\/split\.md/);
  }, 60_000);

  it('answers the printed curl line', async () => {
    const [, body] = /-d '(\{.*\})'/.exec(first.printed)!;
    const pasted = new User(credentials.url, credentials.apiKey);
    const { status, body: stream } = await pasted.send<string>('POST', '/v1/chat/completions', JSON.parse(body!));
    expect(status).toBe(200);
    expect(stream).toContain('chat.completion.chunk');
    expect(stream.trim().endsWith('data: [DONE]')).toBe(true);
  });

  it('refuses a second process on the same data folder, naming the first', async () => {
    const second = spawnMonolith({ ...env, PORT: String(await freePort()) });
    const { text, code } = await ended(second);
    expect(code).toBe(1);
    expect(text).toContain(`in use by process ${first.child.pid}`);
  }, 60_000);

  it('says in one sentence what stands in the way: a port that is taken, a folder that cannot be made', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'atoll-no-start-'));
    const taken = await ended(spawnMonolith({ ...env, ATOLL_DATA_DIR: elsewhere }));
    expect([taken.code, taken.text]).toEqual([1, expect.stringMatching(/^127\.0\.0\.1:\d+ is taken by another program.*\n$/)]);
    writeFileSync(join(elsewhere, 'file'), '');
    const inFile = await ended(spawnMonolith({ ...env, PORT: '0', ATOLL_DATA_DIR: join(elsewhere, 'file', 'data') }));
    expect([inFile.code, inFile.text]).toEqual([1, expect.stringMatching(/^The data folder .* cannot be written \(ENOTDIR\).*\n$/)]);
    rmSync(elsewhere, { recursive: true });
  }, 60_000);

  it('runs its printed lines with whatever Node the shell finds', async () => {
    const [, system] = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'node'))
      .filter((path, at, all) => existsSync(path) && all.indexOf(path) === at);
    const { stdout } = await promisify(execFile)(system ?? process.execPath, [join(monolith, 'cli.js'), 'doctor'],
      { env: { ...env, ATOLL_DATA_DIR: dataDir } });
    expect(stdout).toContain('database');
  }, 60_000);

  it('drains on SIGTERM, and knows everything after the next start', async () => {
    expect(await stop(first.child, 'SIGTERM')).toBe(0);
    const hasty = spawnMonolith(env);
    const end = ended(hasty);
    while (!(await fetch(`${credentials.url}/health/live`).catch(() => undefined))?.ok) await pause(5);
    hasty.kill('SIGTERM');
    expect(await end).toMatchObject({ code: 0, text: expect.not.stringContaining('cannot be reached') });
    await start();
    expect(readCredentials()).toEqual(credentials);
    const user = new User(credentials.url, credentials.apiKey);
    expect((await user.send<{ items: unknown[] }>('GET', '/v1/conversations')).body.items.length).toBeGreaterThan(0);
    expect((await user.send<{ items: unknown[] }>('GET', '/v1/knowledge/files?limit=100')).body.items.length).toBeGreaterThan(5);
  }, 60_000);

  it('makes no demo in production and says what is missing', async () => {
    const { text, code } = await ended(spawnMonolith({ ...env, NODE_ENV: 'production', PORT: 'many', ATOLL_CONTEKSTS: 'all' }));
    expect(code).toBe(1);
    expect(text).toMatch(/PORT must be a number/);
    expect(text).toMatch(/ATOLL_SECRET must be set in production/);
    expect(text).toMatch(/ATOLL_CONTEKSTS is not a setting of Atoll/);
  }, 60_000);

  /** What the first answer says that is not "not ready", and whether the demo's owner gets in at that moment. */
  async function firstReady(url: string): Promise<typeof ready> {
    for (;;) {
      const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
      if (answer?.status === 200) {
        const { email, password } = readCredentials();
        const { status: login } = await new User(url).send('POST', '/v1/auth/login', { email, password });
        return { login, checks: ((await answer.json()) as typeof ready).checks };
      }
      await pause(20);
    }
  }

  async function start(): Promise<Started> {
    const child = spawnMonolith(env);
    let printed = '';
    child.stdout!.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await new Promise<void>((resolve, reject) => {
      child.stdout!.on('data', () => printed.includes('Stop with Ctrl-C') && resolve());
      child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${printed}`)));
    });
    return { child, printed };
  }

  function spawnMonolith(environment: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(process.execPath, [join(monolith, 'main.js')], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    running.push(child);
    return child;
  }

  function readCredentials(): Credentials {
    return JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8')) as Credentials;
  }
});

async function ended(child: ChildProcess): Promise<{ text: string; code: number | null }> {
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { text, code };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return gone;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
