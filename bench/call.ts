import 'reflect-metadata';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { bindLocal, newId } from '#platform/core';
import { createEdge } from '#platform/runtime';
import { asTenant, startRedis } from '#platform/testing';
import { Echo, ask, caller, echoContract } from './call/echo.js';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';
import { median, percentile } from './stats.js';

const ROUNDS = 3;
const IN_FLIGHT = 64;
const ONE_BY_ONE = 1_500;
const AT_ONCE = 10_000;
const LOCAL = 50_000;

type Work = () => Promise<unknown>;

/**
 * A call of another context: in this process, with and without its JSON round trip, and in another process, beside bare round trips to
 * the same Redis.
 */
export async function bench(_options: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-bench-call-'));
  const redis = await startRedis();
  const env = { ...process.env, NODE_ENV: 'test', REDIS_URL: redis.url, ATOLL_SECRET: 'a secret of both ends of this bench',
    ATOLL_LOG_LEVEL: 'error', ATOLL_STRICT_CALLS: 'false', PORT: '0' };
  const host = fork(join(import.meta.dirname, 'call', 'host.main.js'), { env: { ...env, ATOLL_DATA_DIR: join(folder, 'host') } });
  await once(host, 'message');
  const edge = await createEdge([caller],
    { publicHttp: false, elsewhere: [echoContract], env: { ...env, ATOLL_DATA_DIR: join(folder, 'caller') } });
  const bare = new Redis(redis.url, { enableAutoPipelining: true });
  const text = JSON.stringify(ask);
  const far = edge.app.get(Echo as never, { strict: false }) as Echo;
  const tenant = newId();
  try {
    const { rows, perSecond, p50, p99 } = await asTenant(tenant,
      () => remote([['bare Redis round trip (ECHO of the same text)', () => bare.echo(text)],
        ['call of a context in another process', () => far.say(ask)]]));
    return {
      name: 'call',
      goal: 'between processes p50 <= 0.5 ms, p99 <= 3 ms, >= 8,000 calls/s',
      rows: [...(await asTenant(tenant, local)), ...rows],
      met: p50 <= 0.5 && p99 <= 3 && perSecond >= 8_000,
      note: `A call is two signed messages through Redis (a stream entry and its acknowledgement, a published answer), handled by one ` +
        `of any number of replicas; both processes and Redis share this machine. p50 and p99 are of calls one after the other, ` +
          `perSecond of ${IN_FLIGHT} at once. cpuMicros is the caller's side alone; of a local call it is all there is.`,
    };
  } finally {
    bare.disconnect();
    await edge.close();
    host.disconnect();
    await once(host, 'exit');
    await redis.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function local(): Promise<BenchRow[]> {
  const service = { say: (input: typeof ask) => Promise.resolve(input) } as Echo;
  const subjects: [string, Echo][] = [['a method called directly', service],
    ['local call, no round trip (production)', bindLocal(echoContract, service, false)],
    ['local call, JSON round trip (development)', bindLocal(echoContract, service, true)]];
  const times = subjects.map(() => [] as number[]);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [at, [, target]] of subjects.entries()) {
      const from = performance.now();
      for (let n = 0; n < LOCAL; n++) await target.say(ask);
      if (round >= 0) times[at]!.push((performance.now() - from) / LOCAL);
    }
  }
  return subjects.map(([label], at) =>
    ({ label, n: LOCAL * ROUNDS, cpuMicros: median(times[at]!) * 1_000, perSecond: 1_000 / median(times[at]!) }));
}

async function remote(subjects: [string, Work][]): Promise<{ rows: BenchRow[]; p50: number; p99: number; perSecond: number }> {
  const measured = subjects.map(() => ({ p50: [] as number[], p99: [] as number[], rate: [] as number[], cpu: [] as number[] }));
  for (let turn = -1; turn < ROUNDS; turn++) {
    for (const [at, [, work]] of subjects.entries()) {
      const single = await oneByOne(work);
      const cpu = process.cpuUsage();
      const rate = await atOnce(work);
      const { user, system } = process.cpuUsage(cpu);
      if (turn < 0) continue;
      measured[at]!.p50.push(percentile(single, 0.5));
      measured[at]!.p99.push(percentile(single, 0.99));
      measured[at]!.rate.push(rate);
      measured[at]!.cpu.push((user + system) / AT_ONCE);
    }
  }
  const rows = subjects.map(([label], at) => ({ label, n: ROUNDS * (ONE_BY_ONE + AT_ONCE), perSecond: median(measured[at]!.rate),
    p50: median(measured[at]!.p50), p99: median(measured[at]!.p99), cpuMicros: median(measured[at]!.cpu) }));
  const ours = rows.at(-1)!;
  return { rows: rows.map((row) => ({ ...row, ratio: rows[0]!.perSecond / row.perSecond })), p50: ours.p50, p99: ours.p99,
    perSecond: ours.perSecond };
}

async function oneByOne(work: Work): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < ONE_BY_ONE; n++) {
    const from = performance.now();
    await work();
    times.push(performance.now() - from);
  }
  return times.sort((a, b) => a - b);
}

async function atOnce(work: Work): Promise<number> {
  let left = AT_ONCE;
  const from = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    while (left-- > 0) await work();
  }));
  return (AT_ONCE / (performance.now() - from)) * 1_000;
}
