import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, proof, repoRoot, seedDataDir, startPostgres, startRedis } from '#platform/testing';
import { createLogin } from '#platform/runtime';
import { crash } from './crash-house.js';
import { type Office, inEmbedded, inPostgres, openOffice } from './office.js';

const ROUNDS = proof(4, 50);
const MAIN = join(repoRoot(), 'dist/libs/platform/messaging/test/crash.main.js');
const BRIEF = { ATOLL_LEASE_SECONDS: '1' };

const living = new Set<Life>();

/** One life of the program under test, and what it said was accepted. */
class Life {
  readonly up: Promise<void>;
  readonly gone: Promise<void>;
  private readonly child: ChildProcess;

  constructor(args: string[], accepted: Set<string>) {
    this.child = spawn(process.execPath, [MAIN, ...args],
      { stdio: ['pipe', 'pipe', 'inherit'], cwd: tmpdir(), env: { ...process.env, NODE_OPTIONS: '' } });
    this.child.stdin!.on('error', () => undefined);
    living.add(this);
    this.gone = new Promise((resolve) => this.child.once('close', () => resolve()));
    this.up = new Promise((resolve, reject) => {
      this.child.once('close', () => reject(new Error('The program ended before it was up.')));
      createInterface({ input: this.child.stdout! }).on('line', (line) => {
        if (line === 'up') resolve();
        else if (/^accepted [0-9a-f-]{36}$/.test(line)) accepted.add(line);
      });
    });
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.gone;
    living.delete(this);
  }

  async sleepFor(ms: number): Promise<void> {
    this.child.kill('SIGSTOP');
    await sleep(ms);
    this.child.kill('SIGCONT');
  }
}

/** Every accepted thing has had each of its three effects, once; nothing that was not accepted has had any. */
async function settle(office: Office, accepted: Set<string>): Promise<number> {
  const kernel = office.databases.of('kernel');
  const left = (): Promise<object[]> => kernel.system('the spec looks',
    () => kernel.query(`select handler, status, count(*)::int from kernel.delivery where status <> 'done' group by handler, status`));
  await eventually(async () => {
    // A message that was there at ten deaths is set aside as their likely cause. Here it is not, and an operator would replay it.
    for (const handler of office.registry.all()) await office.deadLetters.replayAll(handler.name);
    expect(await left()).toEqual([]);
  }, { timeoutMs: 180_000, everyMs: 500 });
  const { db } = office.desk('crash');
  const effects = await db.system('the spec counts',
    () => db.query<{ note: string; times: number }>(`select note, count(*)::int as times from crash.effect group by note`));
  expect(effects.filter(({ times }) => times !== 1)).toEqual([]);
  const of = (kind: string): string[] =>
    effects.filter(({ note }) => note.startsWith(`${kind} `)).map(({ note }) => note.slice(kind.length + 1)).sort();
  const committed = of('accepted');
  for (const kind of ['first', 'second', 'job']) expect(of(kind)).toEqual(committed);
  const all = new Set(committed);
  expect([...accepted].filter((line) => !all.has(line.slice('accepted '.length)))).toEqual([]);
  return committed.length;
}

describe('kill -9 at random', () => {
  afterEach(() => Promise.all([...living].map((life) => life.kill())));

  it(`loses and doubles nothing on the embedded database (${ROUNDS} rounds)`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'atoll-crash-'));
    const dataDir = join(folder, 'data');
    await seedDataDir(dataDir, []);
    const accepted = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const life = new Life([dataDir], accepted);
      await life.up;
      await sleep(Math.random() * 1_200);
      await life.kill();
    }
    const office = await openOffice([crash], inEmbedded(dataDir), BRIEF);
    const committed = await settle(office, accepted);
    await office.close();
    rmSync(folder, { recursive: true, force: true });
    expect(committed).toBeGreaterThan(ROUNDS);
  }, ROUNDS * 20_000 + 240_000);

  it(`loses and doubles nothing on Postgres and Redis, with processes that hang as well (${ROUNDS} rounds)`, async () => {
    const server = await startPostgres();
    const redis = await startRedis();
    const adminUrl = await server.createDatabase();
    const { databaseUrl } = await createLogin({ adminUrl, login: `atoll_test_${randomBytes(5).toString('hex')}` });
    const accepted = new Set<string>();
    const lives = [new Life([databaseUrl, adminUrl, redis.url], accepted), new Life([databaseUrl, adminUrl, redis.url], accepted)];
    await Promise.all(lives.map(({ up }) => up));
    for (let round = 0; round < ROUNDS; round++) {
      await sleep(Math.random() * 1_200);
      if (round % 3 === 2) await lives[1]!.sleepFor(2_000);
      await lives.shift()!.kill();
      const next = new Life([databaseUrl, adminUrl, redis.url], accepted);
      lives.push(next);
      await next.up;
    }
    for (const life of lives) await life.kill();
    const office = await openOffice([crash], inPostgres(databaseUrl, adminUrl), { ...BRIEF, REDIS_URL: redis.url });
    const committed = await settle(office, accepted);
    await office.close();
    await server.dropDatabase(adminUrl);
    await server.close();
    await redis.close();
    expect(committed).toBeGreaterThan(ROUNDS);
  }, ROUNDS * 20_000 + 240_000);
});
