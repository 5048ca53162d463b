import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';

const IDLE = 10_000;
const BUSY = 5_000;
const PERIOD_MS = 50;
const SECONDS = 10;
const MAX_KB = 30;
const MAX_JITTER_MS = 50;

interface State {
  rss: number;
  cpu: NodeJS.CpuUsage;
  open: number;
  sent: number;
}

/**
 * Open streams of the edge alone, without database and model: what one costs in memory while it is silent, and how evenly tokens leave when
 * all speak.
 */
export async function bench(_options: BenchOptions): Promise<BenchResult> {
  const idle = await idleStreams();
  const busy = await busyStreams();
  return {
    name: 'streams',
    goal: `${IDLE} idle streams <= ${MAX_KB} KB each; ${BUSY} streams x ${1_000 / PERIOD_MS} tokens/s with p99 jitter <= ` +
      `${MAX_JITTER_MS} ms`,
    rows: [idle.row, busy.row],
    met: idle.kilobytes <= MAX_KB && busy.jitter <= MAX_JITTER_MS,
    note: `idle: ${idle.kilobytes.toFixed(1)} KB of resident memory a stream, server process alone. busy: gaps between arrivals at the ` +
      `readers, jitter = p99 gap - ${PERIOD_MS} ms = ${busy.jitter.toFixed(0)} ms, ${busy.perSecond.toFixed(0)} tokens/s; server and ` +
        `readers share the machine`,
  };
}

async function idleStreams(): Promise<{ row: BenchRow; kilobytes: number }> {
  const { server, port } = await startServer();
  const warm = await readers(port, 200);
  const before = await state(server);
  const all = await readers(port, IDLE);
  const after = await state(server);
  const megabytes = (after.rss - before.rss) / 2 ** 20;
  for (const child of [warm, all, server]) child.kill('SIGKILL');
  return { row: { label: `${IDLE} idle streams`, n: after.open - before.open, megabytes },
    kilobytes: (megabytes * 1_024) / (after.open - before.open) };
}

async function busyStreams(): Promise<{ row: BenchRow; jitter: number; perSecond: number }> {
  const { server, port } = await startServer();
  const reader = await readers(port, BUSY);
  server.send('go');
  await sleep(3_000);
  const before = await state(server);
  reader.send('record');
  await sleep(SECONDS * 1_000);
  const answer = once(reader, 'message');
  reader.send('gaps');
  const [{ gaps }] = (await answer) as [{ gaps: number[] }];
  const after = await state(server);
  for (const child of [reader, server]) child.kill('SIGKILL');
  const sent = after.sent - before.sent;
  const cpuMicros = (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / sent;
  const p99 = quantile(gaps, 0.99);
  const perSecond = sent / SECONDS;
  return { row: { label: `${BUSY} streams, a token each ${PERIOD_MS} ms`, n: sent, perSecond, p50: quantile(gaps, 0.5), p99, cpuMicros },
    jitter: p99 - PERIOD_MS, perSecond };
}

function quantile(counts: number[], share: number): number {
  let left = share * counts.reduce((sum, count) => sum + count, 0);
  return counts.findIndex((count) => (left -= count) <= 0);
}

async function startServer(): Promise<{ server: ChildProcess; port: number }> {
  const server = fork(join(import.meta.dirname, 'streams.main.js'), [],
    { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  return { server, port };
}

async function readers(port: number, count: number): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'stream-readers.main.js'), [String(port), String(count)],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  return child;
}

async function state(server: ChildProcess): Promise<State> {
  const answer = once(server, 'message');
  server.send('state');
  return ((await answer) as [State])[0];
}
