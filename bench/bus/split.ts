import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { newId } from '#platform/core';
import { Events } from '#platform/messaging';
import { createLogin, PlatformModule } from '#platform/runtime';
import { asTenant, startPostgres, startRedis } from '#platform/testing';
import type { BenchResult, BenchRow } from '../result.js';
import { median, percentile } from '../stats.js';
import { RangeModule, newShot, range, shot } from './house.js';

const REPLICAS = 3;
const IN_FLIGHT = 128;
const TENANTS = 8;
const ROUNDS = 3;
const STEADY: [perSecond: number, seconds: number][] = [[100, 8], [1_000, 5]];
const GOALS = { packed: 2.5, single: 0.6, latency: 2.5 };

type Publish = (at: number) => Promise<unknown>;

interface Subject {
  label: string;
  /** Of a round that measures the rate. */
  events: number;
  publish: Publish;
  replicas: ChildProcess[];
  rates: number[];
  late: Map<number, number[]>;
}

/**
 * Three processes share what a fourth publishes, each event one insert: Atoll's outbox and BullMQ, beside bare BullMQ. Rounds interleave.
 */
export async function benchSplit(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-bench-split-'));
  const redis = await startRedis();
  const server = await startPostgres({ own: true });
  const adminUrl = await server.createDatabase();
  const { databaseUrl } = await createLogin({ adminUrl });
  const env = {
    NODE_ENV: 'test', ATOLL_LOG_LEVEL: 'error', ATOLL_SECRET: 'a secret of all processes of the bench', ATOLL_DATA_DIR: folder,
    DATABASE_URL: databaseUrl, ATOLL_MIGRATION_DATABASE_URL: adminUrl, REDIS_URL: redis.url,
  };
  const events = await intoEvents(env);
  const queue = await intoQueue(redis.url, adminUrl);
  const [bare, ours] = [await consumers('bullmq', redis.url, adminUrl, {}), await consumers('atoll', redis.url, adminUrl, env)];
  const tenants = Array.from({ length: 20_000 }, () => newId());
  const plans: Omit<Subject, 'rates' | 'late'>[] = [
    { label: 'bare BullMQ, one insert a job', events: 6_000, publish: queue.publish, replicas: bare },
    { label: `outbox and BullMQ, ${TENANTS} tenants`, events: 10_000, publish: (at) => events.publish(tenants[at % TENANTS]!),
      replicas: ours },
    { label: 'the same, one event a job', events: 4_000, publish: (at) => events.publish(tenants[at % tenants.length]!), replicas: ours },
  ];
  const subjects: Subject[] = plans.map((one) => ({ ...one, rates: [], late: new Map() }));
  try {
    for (let round = -1; round < ROUNDS; round++) {
      for (const subject of subjects) {
        const rate = await throughput(subject, round < 0 ? subject.events / 5 : subject.events);
        if (round >= 0) subject.rates.push(rate);
      }
    }
    for (const [perSecond, seconds] of STEADY) for (const subject of subjects.slice(0, 2)) await steady(subject, perSecond, seconds);
    return resultOf(subjects);
  } finally {
    for (const replica of [...bare, ...ours]) replica.disconnect();
    await Promise.all([...bare, ...ours].filter(({ exitCode }) => exitCode === null).map((replica) => once(replica, 'exit')));
    await events.close();
    await queue.close();
    await server.close();
    await redis.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultOf(subjects: Subject[]): BenchResult {
  const [bare, packed, single] = subjects as [Subject, Subject, Subject];
  const rate = ({ rates }: Subject): number => median(rates);
  const p99 = ({ late }: Subject, perSecond: number): number => percentile(late.get(perSecond)!, 0.99);
  const rows: BenchRow[] = subjects.map((one) => ({
    label: one.label, n: one.events * ROUNDS, perSecond: rate(one), ratio: rate(one) / rate(bare),
  }));
  for (const [perSecond] of STEADY) {
    for (const one of [bare, packed]) {
      const late = one.late.get(perSecond)!;
      const label = `${one.label}, at ${perSecond}/s`;
      rows.push({ label, n: late.length, p50: percentile(late, 0.5), p99: p99(one, perSecond),
        ratio: p99(one, perSecond) / p99(bare, perSecond) });
    }
  }
  const met = rate(packed) >= GOALS.packed * rate(bare) && rate(single) >= GOALS.single * rate(bare)
    && STEADY.every(([perSecond]) => p99(packed, perSecond) <= GOALS.latency * p99(bare, perSecond));
  return {
    name: 'bus --split',
    goal: `of bare BullMQ: >= ${GOALS.packed}x for ${TENANTS} tenants, >= ${GOALS.single}x one event a job; p99 to handled <= ` +
      `${GOALS.latency}x`,
    rows,
    met,
    note: `perSecond: ${IN_FLIGHT} publishers in one process, ${REPLICAS} consuming ones, from the first publish to the last one ` +
      `handled; each event is one insert in all of them. One event a job: every event is of another tenant. p50 and p99: from publish ` +
        `to handled. A bare job is gone with Redis; an event is committed with its publisher's transaction.`,
  };
}

async function throughput({ replicas, publish }: Subject, count: number): Promise<number> {
  const handled = until(replicas, count);
  const from = performance.now();
  let left = count;
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    while (left-- > 0) await publish(left);
  }));
  await handled;
  return (count / (performance.now() - from)) * 1_000;
}

async function steady({ replicas, publish, late }: Subject, perSecond: number, seconds: number): Promise<void> {
  const handled = until(replicas, perSecond * seconds);
  const begun = performance.now();
  for (let n = 0; n < perSecond * seconds; n++) {
    const wait = begun + (n * 1_000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    void publish(n);
  }
  late.set(perSecond, (await handled).sort((a, b) => a - b));
}

async function consumers(kind: 'atoll' | 'bullmq', redisUrl: string, adminUrl: string,
  env: Record<string, string>): Promise<ChildProcess[]> {
  const main = join(import.meta.dirname, 'replica.main.js');
  const replicas = Array.from({ length: REPLICAS },
    () => fork(main, [kind, redisUrl, adminUrl], { env: { PATH: process.env['PATH'], ...env } }));
  for (const replica of replicas) replica.once('exit', (code) => replica.connected && console.error(`a replica of ${kind} ended: ${code}`));
  await Promise.all(replicas.map((replica) => once(replica, 'message')));
  return replicas;
}

/** Milliseconds from publish to handler of the next `count` events. */
function until(replicas: ChildProcess[], count: number): Promise<number[]> {
  const late: number[] = [];
  return new Promise((resolve) => {
    const hear = (some: number[]): void => {
      late.push(...some);
      if (late.length < count) return;
      for (const replica of replicas) replica.off('message', hear as never);
      resolve(late);
    };
    for (const replica of replicas) replica.on('message', hear as never);
  });
}

async function intoEvents(env: Record<string, string>): Promise<{ publish(tenant: string): Promise<unknown>; close(): Promise<unknown> }> {
  @Module({ imports: [PlatformModule.forRoot({ wirings: [range], env: { ...env, ATOLL_RUN_JOBS: 'false' } }), RangeModule] })
  class App {}

  const app = await NestFactory.createApplicationContext(App, { logger: false });
  await app.init();
  const events = app.select(RangeModule).get(Events);
  return { publish: (tenant) => asTenant(tenant, () => events.publish(shot, newShot())), close: () => app.close() };
}

async function intoQueue(url: string, adminUrl: string): Promise<{ publish: Publish; close(): Promise<unknown> }> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query('create table bare_effect (id uuid primary key, at float8 not null)');
  await client.end();
  const connection = new Redis(url, { maxRetriesPerRequest: null, enableAutoPipelining: true });
  const queue = new Queue('range', { connection, defaultJobOptions: { removeOnComplete: true } });
  return {
    publish: () => queue.add('shot', newShot()),
    close: async () => {
      await queue.close();
      connection.disconnect();
    },
  };
}
