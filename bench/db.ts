import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createLogin } from '#platform/runtime';
import { startPostgres } from '#platform/testing';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';
import { median } from './stats.js';

const WAYS = ['hand', 'sql', 'repo'] as const;
type Way = (typeof WAYS)[number];

const LABELS: Record<Way, string> = {
  hand: 'pg by hand, explicit WHERE',
  sql: 'walled, db.query',
  repo: 'walled, TypeORM repository',
};

const PATHS = { one: 'one row', page: 'page of 20' } as const;
const ENGINES = ['postgres', 'embedded'] as const;
const ROUNDS = 5;
const WARM_SECONDS = 2;
const SECONDS = 3;
const CONNECTIONS = 32;
const MAX_RATIO = 1.35;
const MIN_PER_SECOND = 10_000;

interface Load {
  answered: number;
  failed: number;
  p50: number;
  p99: number;
}

interface Subject {
  child: ChildProcess;
  port: number;
}

/**
 * Two reads through controller, repository and wall, beside the same controller with pg by hand: one HTTP stack, one table, one round trip
 * to the database each. Every subject is a process of its own, the load another, rounds interleaved.
 */
export async function bench(_options: BenchOptions): Promise<BenchResult> {
  const rows: BenchRow[] = [];
  for (const engine of ENGINES) rows.push(...(await onEngine(engine)));
  const walled = rows.filter(({ label }) => !label.includes(LABELS.hand));
  const judged = walled.filter(({ label }) => label.includes(LABELS.repo));
  return {
    name: 'db',
    goal: `controller + repository + wall <= ${MAX_RATIO}x by hand (wall clock); >= ${MIN_PER_SECOND} req/s end to end on 2 cores`,
    rows,
    met: judged.every(({ ratio }) => ratio! <= MAX_RATIO) &&
      walled.some(({ label, perSecond }) => label.includes(PATHS.one) && perSecond! >= MIN_PER_SECOND),
    note: `${ROUNDS} rounds of ${SECONDS} s interleaved, ${CONNECTIONS} HTTP connections, 10 to the database; medians. ratio: requests ` +
      `a second by hand over this; CPU is user + system of the serving process (with the embedded engine inside it), without the ` +
        `Postgres server and the load, which share the two cores.`,
  };
}

async function onEngine(engine: (typeof ENGINES)[number]): Promise<BenchRow[]> {
  const place = engine === 'postgres' ? await onPostgres() : { urls: [], remove: async () => undefined };
  const subjects = new Map<Way, Subject>();
  try {
    for (const way of WAYS) subjects.set(way, await start([engine, way, ...place.urls]));
    const rows: BenchRow[] = [];
    for (const path of Object.keys(PATHS) as (keyof typeof PATHS)[]) rows.push(...(await compare(engine, path, subjects)));
    return rows;
  } finally {
    for (const { child } of subjects.values()) child.kill('SIGKILL');
    await place.remove();
  }
}

async function compare(engine: string, path: keyof typeof PATHS, subjects: Map<Way, Subject>): Promise<BenchRow[]> {
  const rounds = new Map<Way, (Load & { cpuMicros: number })[]>(WAYS.map((way) => [way, []]));
  for (const { port } of subjects.values()) await load(port, path, WARM_SECONDS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [way, { child, port }] of subjects) {
      const before = await cpuOf(child);
      const answer = await load(port, path, SECONDS);
      rounds.get(way)!.push({ ...answer, cpuMicros: ((await cpuOf(child)) - before) / answer.answered });
    }
  }
  const rate = (way: Way): number => median(rounds.get(way)!.map(({ answered }) => answered)) / SECONDS;
  return WAYS.map((way) => {
    const all = rounds.get(way)!;
    return {
      label: `${engine}, ${PATHS[path]}: ${LABELS[way]}`,
      n: all.reduce((sum, { answered }) => sum + answered, 0),
      perSecond: rate(way),
      p50: median(all.map(({ p50 }) => p50)),
      p99: median(all.map(({ p99 }) => p99)),
      cpuMicros: median(all.map(({ cpuMicros }) => cpuMicros)),
      ratio: rate('hand') / rate(way),
    };
  });
}

async function onPostgres(): Promise<{ urls: string[]; remove: () => Promise<void> }> {
  const server = await startPostgres({ own: true });
  const adminUrl = await server.createDatabase();
  const { databaseUrl } = await createLogin({ adminUrl, login: `bench_${randomBytes(4).toString('hex')}` });
  return { urls: [databaseUrl, adminUrl], remove: () => server.close() };
}

async function start(args: string[]): Promise<Subject> {
  const child = fork(join(import.meta.dirname, 'db.main.js'), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { child, port };
}

async function cpuOf(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message');
  child.send('cpu');
  const [{ cpu }] = (await answer) as [{ cpu: NodeJS.CpuUsage }];
  return cpu.user + cpu.system;
}

async function load(port: number, path: string, seconds: number): Promise<Load> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.main.js'), '127.0.0.1', String(port), String(CONNECTIONS),
    String(seconds), 'bench-token', `/v1/${path}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  const answer = JSON.parse(text) as Load;
  if (answer.failed > 0) throw new Error(`${answer.failed} of ${answer.answered} answers were not 200`);
  return answer;
}
