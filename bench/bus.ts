import 'reflect-metadata';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { ContextModule, type ContextWiring, createLogin, PlatformModule } from '#platform/runtime';
import { defineEvent, defineLocalEvent, Events, On, type Received, LocalEmitter } from '#platform/messaging';
import { contract, newId } from '#platform/core';
import { Databases, tenantTable } from '#platform/database';
import { asTenant, startPostgres } from '#platform/testing';
import { benchSplit } from './bus/split.js';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';
import { median, percentile } from './stats.js';

const ROUNDS = 5;
const EMITS = 2_000_000;
const EVENTS = 10_000;
/** Requests of a busy process that publish at the same time. */
const IN_FLIGHT = 128;

interface Turn {
  turnId: string;
  model: string;
  tokensIn: number;
  tokensOut: number;
}

const turned = defineEvent<Turn>('bench.turned', 1);
const handled = new EventEmitter();

@Injectable()
class Hands {
  @On(turned, 'bench.count')
  count(event: Received<typeof turned>): void {
    handled.emit('one', event);
  }
}

abstract class Bench {}

@Module({ imports: [ContextModule.for('bench')], providers: [Hands] })
class BenchModule {}

const wiring: ContextWiring = {
  name: 'bench', contract: contract('bench', Bench, {}), module: BenchModule, config: [], entities: [],
  migrations: [{ name: 'bench/0001-bare',
    up: tenantTable('bench.bare', 'id uuid not null, body text not null, primary key (tenant_id, id)') }],
};

/** Local events beside Node's EventEmitter, then durable events beside a bare insert of the same bytes, on both engines. */
export async function bench({ split }: BenchOptions): Promise<BenchResult> {
  if (split) return benchSplit();
  const rows: BenchRow[] = [...localEvents()];
  for (const engine of ['postgres', 'embedded'] as const) {
    for (const measure of [publishing, handling]) {
      const place = engine === 'postgres' ? await onPostgres() : onEmbedded();
      try {
        rows.push(...(await measure(engine, place.env)));
      } finally {
        await place.remove();
      }
    }
  }
  const dispatched = rows[1]!.perSecond!;
  const durable = rows.filter(({ label }) => label.includes('publish, one tenant')).map(({ perSecond }) => perSecond!);
  return {
    name: 'bus',
    goal: 'in-process dispatch >= 500,000/s; durable publish >= 18,000 events/s',
    rows,
    met: dispatched >= 500_000 && durable.every((rate) => rate >= 18_000),
    note: `In-process dispatch is LocalEmitter, which hands commits to the dispatcher and wakes open streams. A durable publish is one ` +
      `committed row per handler, signed, walled; ${IN_FLIGHT} publishers at once, outside transactions. Publishes of one tenant that ` +
        `meet share a statement; those of ${IN_FLIGHT} tenants never do, and cost a commit each like the bare insert.`,
  };
}

function localEvents(): BenchRow[] {
  const emitter = new EventEmitter();
  const ours = new LocalEmitter();
  const word = defineLocalEvent<{ n: number }>('bench.word');
  let sum = 0;
  emitter.on('word', ({ n }: { n: number }) => (sum += n));
  ours.on(word, ({ n }) => (sum += n));
  const data = { n: 1 };
  const times = { bare: [] as number[], ours: [] as number[] };
  for (let round = -1; round < ROUNDS; round++) {
    const bare = timed(() => {
      for (let n = 0; n < EMITS; n++) emitter.emit('word', data);
    });
    const own = timed(() => {
      for (let n = 0; n < EMITS; n++) ours.emit(word, data);
    });
    if (round < 0) continue;
    times.bare.push(bare);
    times.ours.push(own);
  }
  const [bare, own] = [median(times.bare), median(times.ours)];
  return [
    { label: 'EventEmitter, one listener', n: EMITS * ROUNDS, perSecond: (EMITS / bare) * 1000 },
    { label: 'LocalEmitter, one listener', n: EMITS * ROUNDS, perSecond: (EMITS / own) * 1000, ratio: own / bare },
  ];
}

/** Nothing is handled meanwhile: what is measured is the publisher's side alone. */
async function publishing(engine: string, env: Record<string, string>): Promise<BenchRow[]> {
  const app = await boot({ ...env, ATOLL_RUN_JOBS: 'false' });
  const databases = app.get(Databases);
  const pool = new pg.Pool({ ...databases.connection('bench').config, ...(env.BENCH_ADMIN_URL && { connectionString: env.BENCH_ADMIN_URL }),
    max: 10 });
  const events = app.select(BenchModule).get(Events);
  const tenants = Array.from({ length: IN_FLIGHT }, () => newId());
  const body = JSON.stringify({ actor: { kind: 'user', id: newId(), roles: ['owner'], permissions: ['*'] }, data: turn() });
  const subjects: [string, (at: number) => Promise<unknown>][] = [
    ['bare insert, one row a statement', () => pool.query({ name: 'bare',
      text: 'insert into bench.bare (tenant_id, id, body) values ($1, $2, $3)', values: [tenants[0], newId(), body] })],
    ['publish, one tenant', () => asTenant(tenants[0]!, () => events.publish(turned, turn()))],
    [`publish, ${IN_FLIGHT} tenants`, (at) => asTenant(tenants[at]!, () => events.publish(turned, turn()))],
  ];
  const measured = subjects.map(() => [] as Measured[]);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, [, one]] of subjects.entries()) {
      const result = await inFlight(round < 0 ? 2_000 : EVENTS, one);
      if (round >= 0) measured[index]!.push(result);
    }
  }
  await pool.end();
  await app.close();
  const rates = measured.map((runs) => median(runs.map(({ perSecond }) => perSecond)));
  return subjects.map(([label], index) => ({
    label: `${engine}: ${label}`,
    n: EVENTS * ROUNDS,
    perSecond: rates[index]!,
    p50: median(measured[index]!.map(({ p50 }) => p50)),
    p99: median(measured[index]!.map(({ p99 }) => p99)),
    cpuMicros: median(measured[index]!.map(({ cpuMicros }) => cpuMicros)),
    ratio: rates[0]! / rates[index]!,
  }));
}

/** From publish to the end of a handler that does nothing, which is still a transaction that ends its row. */
async function handling(engine: string, env: Record<string, string>): Promise<BenchRow[]> {
  const app = await boot(env);
  const events = app.select(BenchModule).get(Events);
  const tenant = newId();
  const latencies: number[] = [];
  for (let n = 0; n < 500; n++) {
    const from = performance.now();
    const done = next(1);
    await asTenant(tenant, () => events.publish(turned, turn()));
    await done;
    if (n >= 100) latencies.push(performance.now() - from);
  }
  latencies.sort((a, b) => a - b);
  const rates: number[] = [];
  const cpu = process.cpuUsage();
  for (let round = 0; round < 3; round++) {
    const from = performance.now();
    const done = next(EVENTS);
    await inFlight(EVENTS, () => asTenant(tenant, () => events.publish(turned, turn())));
    await done;
    rates.push((EVENTS / (performance.now() - from)) * 1000);
  }
  const { user, system } = process.cpuUsage(cpu);
  await app.close();
  return [
    { label: `${engine}: publish to handled, one at a time`, n: latencies.length, p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99) },
    { label: `${engine}: publish to handled, ${IN_FLIGHT} publishers`, n: EVENTS * 3, perSecond: median(rates),
      cpuMicros: (user + system) / (EVENTS * 3) },
  ];
}

function next(count: number): Promise<void> {
  return new Promise((resolve) => {
    const one = (): void => {
      if (--count === 0) {
        handled.off('one', one);
        resolve();
      }
    };
    handled.on('one', one);
  });
}

interface Measured {
  perSecond: number;
  p50: number;
  p99: number;
  cpuMicros: number;
}

async function inFlight(count: number, one: (at: number) => Promise<unknown>): Promise<Measured> {
  const times: number[] = [];
  let left = count;
  const cpu = process.cpuUsage();
  const from = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, async (_, at) => {
    while (left-- > 0) {
      const started = performance.now();
      await one(at);
      times.push(performance.now() - started);
    }
  }));
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  return { perSecond: count / seconds, p50: percentile(times, 0.5), p99: percentile(times, 0.99), cpuMicros: (user + system) / count };
}

function boot(env: Record<string, string>): Promise<INestApplicationContext> {
  const { BENCH_ADMIN_URL: _, ...settings } = env;

  @Module({ imports: [PlatformModule.forRoot({ wirings: [wiring], env: { NODE_ENV: 'test', ATOLL_LOG_LEVEL: 'error', ...settings } }),
    BenchModule] })
  class App {}

  return NestFactory.createApplicationContext(App, { logger: false });
}

interface Place {
  env: Record<string, string>;
  remove(): Promise<void> | void;
}

function onEmbedded(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-bench-bus-'));
  return { env: { ATOLL_DATA_DIR: folder }, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function onPostgres(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-bench-bus-'));
  const server = await startPostgres({ own: true });
  const adminUrl = await server.createDatabase();
  const { databaseUrl } = await createLogin({ adminUrl });
  return {
    env: { ATOLL_DATA_DIR: folder, DATABASE_URL: databaseUrl, ATOLL_MIGRATION_DATABASE_URL: adminUrl, BENCH_ADMIN_URL: adminUrl },
    remove: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function turn(): Turn {
  return { turnId: newId(), model: 'gpt-4.1-mini', tokensIn: 812, tokensOut: 144 };
}

function timed(work: () => void): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}
