import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';
import { median } from './stats.js';

const ROUNDS = 5;
const GIVE_UP_MS = 120_000;
const COLD_GOAL_MS = 8_000;
const WARM_GOAL_MS = 3_000;
const MEMORY_GOAL_MB = 700;
const QUESTION = 'How do I move search into its own pod?';
const main = join(import.meta.dirname, '..', 'apps', 'monolith', 'src', 'main.js');

interface Start {
  /**
   * Milliseconds from spawn to a ready health check, to the documentation's being indexed, and to the first piece of a streamed answer
   * about it.
   */
  readyMs: number;
  readMs: number;
  answerMs: number;
  /** Resident memory after the answer, and its peak. */
  residentMb: number;
  peakMb: number;
}

/** Spawns the built monolith as a user would, on an empty data folder and again on the same one, and asks the first question. */
export async function bench(_options: BenchOptions): Promise<BenchResult> {
  const cold: Start[] = [];
  const warm: Start[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const dataDir = mkdtempSync(join(tmpdir(), 'atoll-bench-start-'));
    try {
      cold.push(await start(dataDir));
      warm.push(await start(dataDir));
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
  const peak = median([...cold, ...warm].map(({ peakMb }) => peakMb));
  const coldMs = median(cold.map(({ answerMs }) => answerMs));
  const warmMs = median(warm.map(({ answerMs }) => answerMs));
  const met = coldMs <= COLD_GOAL_MS && warmMs <= WARM_GOAL_MS && peak <= MEMORY_GOAL_MB;
  return {
    name: 'start',
    goal: `cold start to first streamed answer <= ${COLD_GOAL_MS} ms, warm <= ${WARM_GOAL_MS} ms, resident memory <= ${MEMORY_GOAL_MB} MB`,
    rows: [...rows('cold', cold, COLD_GOAL_MS), ...rows('warm', warm, WARM_GOAL_MS)],
    met,
    note: `medians of ${ROUNDS} rounds; ratio is against the goal; cold includes creating the database, the demo tenant and indexing ` +
      `the documentation; megabytes is the peak (VmHWM)`,
  };
}

function rows(label: string, starts: Start[], goalMs: number): BenchRow[] {
  const of = (pick: (start: Start) => number): number[] => starts.map(pick).sort((a, b) => a - b);
  const row = (name: string, values: number[], extra: Partial<BenchRow> = {}): BenchRow =>
    ({ label: `${label}: ${name}`, n: values.length, p50: median(values), p99: values.at(-1)!, ...extra });
  return [
    row('ready', of(({ readyMs }) => readyMs)),
    row('documentation indexed', of(({ readMs }) => readMs)),
    row('first streamed answer', of(({ answerMs }) => answerMs),
      { ratio: median(of(({ answerMs }) => answerMs)) / goalMs, megabytes: median(of(({ peakMb }) => peakMb)) }),
    row('resident after the answer, MB', of(({ residentMb }) => residentMb)),
  ];
}

async function start(dataDir: string): Promise<Start> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  const child = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'], PORT: String(port), ATOLL_DATA_DIR: dataDir,
    ATOLL_LOG_LEVEL: 'warn' }, stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const key = await until(child, () => signedIn(dataDir, url));
    const readyMs = performance.now() - began;
    await until(child, () => documentationRead(url));
    const readMs = performance.now() - began;
    await firstPiece(url, key);
    const answerMs = performance.now() - began;
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return { readyMs, readMs, answerMs, residentMb: memory(status, 'VmRSS'), peakMb: memory(status, 'VmHWM') };
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }
}

/** The demo credentials, once they are this start's own and the process says that it is ready. */
async function signedIn(dataDir: string, url: string): Promise<string | undefined> {
  const file = join(dataDir, 'credentials.json');
  if (!existsSync(file)) return undefined;
  const credentials = JSON.parse(readFileSync(file, 'utf8')) as { url: string; apiKey: string };
  const ready = await fetch(`${url}/health/ready`).catch(() => undefined);
  return credentials.url === url && ready?.ok ? credentials.apiKey : undefined;
}

async function documentationRead(url: string): Promise<true | undefined> {
  const { checks } = (await (await fetch(`${url}/health/ready`)).json()) as { checks: { demo: { reading: boolean } } };
  return checks.demo.reading ? undefined : true;
}

async function firstPiece(url: string, key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const made = await fetch(`${url}/v1/conversations`, { method: 'POST', headers, body: '{}' });
  const { id } = (await made.json()) as { id: string };
  const answer = await fetch(`${url}/v1/conversations/${id}/messages`,
    { method: 'POST', headers: { ...headers, accept: 'text/event-stream' }, body: JSON.stringify({ text: QUESTION }) });
  let seen = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    seen += chunk;
    if (seen.includes('event: answer.delta')) return;
  }
  throw new Error(`the answer ended without a piece of text: ${seen.slice(0, 500)}`);
}

async function until<T>(child: ChildProcess, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + GIVE_UP_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the monolith ended with exit code ${child.exitCode} before it was ready`);
    const found = await look();
    if (found !== undefined) return found;
    await pause(10);
  }
  throw new Error('the monolith was not ready in time');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function memory(status: string, key: string): number {
  return Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(status)?.[1] ?? Number.NaN) / 1024;
}
