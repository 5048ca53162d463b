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
import { Events } from '#platform/messaging';
import { newId } from '#platform/core';
import { createLogin, PlatformModule } from '#platform/runtime';
import { asTenant, startPostgres, startRedis } from '#platform/testing';
import type { BenchResult, BenchRow } from '../result.js';
import { median, percentile } from '../stats.js';
import { RangeModule, newShot, range, shot } from './house.js';

const REPLICAS = 3;
const IN_FLIGHT = 128;
const TENANTS = 8;
const ROUNDS = 3;
const STEADY_PER_SECOND = 100;
const STEADY_SECONDS = 10;

interface Subject {
  label: string;
  kind: 'atoll' | 'streams' | 'bullmq';
  events: number;
  env?: Record<string, string>;
  publisher: () => Promise<{ publish(at: number): Promise<unknown>; close(): Promise<unknown> }>;
}

/** Three processes share what a fourth publishes: durable events over Postgres, beside bare Redis streams and bare BullMQ. */
export async function benchSplit(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-bench-split-'));
  const redis = await startRedis();
  const server = await startPostgres({ own: true });
  const adminUrl = await server.createDatabase();
  const { databaseUrl } = await createLogin({ adminUrl });
  const env = { NODE_ENV: 'test', ATOLL_LOG_LEVEL: 'error', ATOLL_SECRET: 'a secret of all processes of the bench', ATOLL_DATA_DIR: folder, DATABASE_URL: databaseUrl, ATOLL_MIGRATION_DATABASE_URL: adminUrl };
  const subjects: Subject[] = [
    { label: 'bare XADD / XREADGROUP', kind: 'streams', events: 40_000, publisher: () => intoStream(redis.url) },
    { label: 'bare BullMQ', kind: 'bullmq', events: 10_000, publisher: () => intoQueue(redis.url) },
    { label: 'durable events over Postgres', kind: 'atoll', events: 4_000, env, publisher: () => intoEvents(env) },
  ];
  try {
    const rows: BenchRow[] = [];
    for (const subject of subjects) rows.push(await measure(subject, redis.url));
    const ours = rows.at(-1)!;
    return {
      name: 'bus --split',
      goal: '>= 30,000 events/s consumed by 3 replicas; end-to-end p99 <= 3 ms at 5,000/s',
      rows: rows.map((row) => ({ ...row, ratio: rows[0]!.perSecond! / row.perSecond! })),
      met: ours.perSecond! >= 30_000 && ours.p99! <= 3,
      note: `perSecond: ${IN_FLIGHT} publishers in one process (${TENANTS} tenants), ${REPLICAS} consuming ones, from the first publish to the last one handled. p50 and p99: from publish to handler at ${STEADY_PER_SECOND}/s, which all of them can bear. A bare stream entry and a BullMQ job are gone with Redis; each of Atoll's events is committed with its publisher's transaction, and its handler is a transaction with its inbox record.`,
    };
  } finally {
    await server.close();
    await redis.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure({ label, kind, events, env, publisher }: Subject, redisUrl: string): Promise<BenchRow> {
  const admin = new Redis(redisUrl);
  await admin.flushall();
  admin.disconnect();
  const { publish, close } = await publisher();
  const replicas = Array.from({ length: REPLICAS }, () => fork(join(import.meta.dirname, 'replica.main.js'), [kind, redisUrl], { env: { PATH: process.env['PATH'], ...env } }));
  for (const replica of replicas) replica.once('exit', (code, signal) => replica.connected && console.error(`a replica of ${label} ended: ${code ?? signal}`));
  await Promise.all(replicas.map((replica) => once(replica, 'message')));
  const rates: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const count = round < 0 ? Math.ceil(events / 10) : events;
    const handled = until(replicas, count);
    const from = performance.now();
    let left = count;
    await Promise.all(Array.from({ length: IN_FLIGHT }, async (_, at) => {
      while (left-- > 0) await publish(at);
    }));
    await handled;
    if (round >= 0) rates.push((count / (performance.now() - from)) * 1_000);
  }
  const steady = until(replicas, STEADY_PER_SECOND * STEADY_SECONDS);
  const begun = performance.now();
  for (let n = 0; n < STEADY_PER_SECOND * STEADY_SECONDS; n++) {
    const wait = begun + (n * 1_000) / STEADY_PER_SECOND - performance.now();
    if (wait > 0) await sleep(wait);
    void publish(n);
  }
  const late = (await steady).sort((a, b) => a - b);
  for (const replica of replicas) replica.disconnect();
  await Promise.all(replicas.map((replica) => once(replica, 'exit')));
  await close();
  return { label, n: events * ROUNDS, perSecond: median(rates), p50: percentile(late, 0.5), p99: percentile(late, 0.99) };
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

async function intoEvents(env: Record<string, string>): ReturnType<Subject['publisher']> {
  @Module({ imports: [PlatformModule.forRoot({ wirings: [range], env: { ...env, ATOLL_RUN_JOBS: 'false' } }), RangeModule] })
  class App {}

  const app = await NestFactory.createApplicationContext(App, { logger: false });
  const events = app.select(RangeModule).get(Events);
  const tenants = Array.from({ length: TENANTS }, () => newId());
  return { publish: (at) => asTenant(tenants[at % TENANTS]!, () => events.publish(shot, newShot())), close: () => app.close() };
}

async function intoStream(url: string): ReturnType<Subject['publisher']> {
  const redis = new Redis(url, { enableAutoPipelining: true });
  return { publish: () => redis.xadd('range', '*', 'm', JSON.stringify(newShot())), close: () => redis.quit() };
}

async function intoQueue(url: string): ReturnType<Subject['publisher']> {
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
