import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';
import { median } from './stats.js';

const SUBJECTS = ['raw', 'fastify', 'atoll', 'atoll-quiet'] as const;
type Subject = (typeof SUBJECTS)[number];

const LABELS: Record<Subject, string> = {
  raw: 'node:http, no routing, no auth',
  fastify: 'Fastify, one route, no auth',
  atoll: 'Atoll: tenant, permission, limits, metrics, access log',
  'atoll-quiet': 'Atoll with ATOLL_ACCESS_LOG=false',
};

const ROUNDS = 5;
const WARM_SECONDS = 2;
const SECONDS = 3;
const CONNECTIONS = 64;
const MAX_CPU_MICROS = 25;
const MAX_RATIO = 2.2;

interface Round {
  answered: number;
  p50: number;
  p99: number;
  cpuMicros: number;
}

/** An authenticated GET that needs no database, beside the bare servers: each in its own process, the load in another, interleaved. */
export async function bench(_options: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-bench-'));
  const servers = new Map<Subject, { child: ChildProcess; port: number }>();
  try {
    for (const subject of SUBJECTS) servers.set(subject, await start(subject, join(folder, `${subject}.log`)));
    for (const { port } of servers.values()) await load(port, WARM_SECONDS);
    const rounds = new Map<Subject, Round[]>(SUBJECTS.map((subject) => [subject, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [subject, { child, port }] of servers) rounds.get(subject)!.push(await measure(child, port));
    }
    return result(rounds);
  } finally {
    for (const { child } of servers.values()) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function start(subject: Subject, logFile: string): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(join(import.meta.dirname, 'gateway.main.js'), [subject],
    { stdio: ['ignore', openSync(logFile, 'w'), 'inherit', 'ipc'] });
  const [message] = (await once(child, 'message')) as [{ port: number }];
  return { child, port: message.port };
}

async function measure(child: ChildProcess, port: number): Promise<Round> {
  const before = await cpuOf(child);
  const { answered, p50, p99 } = await load(port, SECONDS);
  return { answered, p50, p99, cpuMicros: ((await cpuOf(child)) - before) / answered };
}

async function cpuOf(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message');
  child.send('cpu');
  const [{ cpu }] = (await answer) as [{ cpu: NodeJS.CpuUsage }];
  return cpu.user + cpu.system;
}

async function load(port: number, seconds: number): Promise<{ answered: number; p50: number; p99: number }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.main.js'), '127.0.0.1', String(port), String(CONNECTIONS),
    String(seconds), 'bench-token'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  const { answered, failed, p50, p99 } = JSON.parse(text) as { answered: number; failed: number; p50: number; p99: number };
  if (failed > 0) throw new Error(`${failed} of ${answered} answers were not 200`);
  return { answered, p50, p99 };
}

function result(rounds: Map<Subject, Round[]>): BenchResult {
  const rawCpu = median(rounds.get('raw')!.map((round) => round.cpuMicros));
  const rows: BenchRow[] = SUBJECTS.map((subject) => {
    const all = rounds.get(subject)!;
    const cpuMicros = median(all.map((round) => round.cpuMicros));
    return {
      label: LABELS[subject],
      n: all.reduce((sum, round) => sum + round.answered, 0),
      perSecond: median(all.map((round) => round.answered)) / SECONDS,
      p50: median(all.map((round) => round.p50)),
      p99: median(all.map((round) => round.p99)),
      cpuMicros,
      ratio: cpuMicros / rawCpu,
    };
  });
  const atoll = rows[2]!;
  return {
    name: 'gateway',
    goal: `authenticated GET without database <= ${MAX_CPU_MICROS} us CPU a request and <= ${MAX_RATIO}x node:http (CPU)`,
    rows,
    met: atoll.cpuMicros! <= MAX_CPU_MICROS && atoll.ratio! <= MAX_RATIO,
    note: `${ROUNDS} rounds of ${SECONDS} s interleaved, ${CONNECTIONS} connections, medians; CPU is user + system of the server's ` +
      `process; the load runs in a process of its own`,
  };
}
