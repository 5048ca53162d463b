import 'reflect-metadata';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { newId } from '#platform/core';
import { asTenant, bootContexts, type BootedContexts, type Engine } from '#platform/testing';
import { Search } from '#search';
import { context } from '#search/module';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';
import { percentile, round } from './stats.js';

const FILES = 1_000;
const AT_ONCE = 16;
const ASK_EVERY_MS = 100;
const GOAL = { postgres: 300, embedded: 120, searchMs: 60, stallMs: 50 };

/**
 * How many small files (a heading, five sentences) become findable a second, from the first one handed over to the last one ready, while
 * somebody searches ten times a second; and how long the process's event loop stood still meanwhile.
 */
export async function bench(_options: BenchOptions): Promise<BenchResult> {
  const rows: BenchRow[] = [];
  let met = true;
  for (const engine of ['postgres', 'embedded'] as const) {
    const { perSecond, searches, stall, cpu } = await measured(engine);
    const p95 = percentile(searches, 0.95);
    rows.push(
      { label: `${engine}: small files`, n: FILES, perSecond: round(perSecond), cpuMicros: round(cpu) },
      { label: `${engine}: search meanwhile (p50, p95)`, n: searches.length, p50: round(percentile(searches, 0.5)), p99: round(p95) },
      { label: `${engine}: event loop delay (p99, longest)`, n: 1, p50: round(stall.percentile(99) / 1e6), p99: round(stall.max / 1e6) },
    );
    met &&= perSecond >= GOAL[engine] && p95 <= GOAL.searchMs && stall.max / 1e6 <= GOAL.stallMs;
  }
  return { name: 'indexing', rows, met,
    goal: `>= ${GOAL.postgres} small files a second on Postgres, >= ${GOAL.embedded} embedded; search p95 meanwhile <= ` +
      `${GOAL.searchMs} ms, no stall above ${GOAL.stallMs} ms`,
    note: 'CPU is that of the serving process alone: the database and the parser have theirs. The p99 column of a search is its p95.' };
}

async function measured(engine: Engine): Promise<{ perSecond: number; searches: number[]; stall: ReturnType<typeof monitorEventLoopDelay>;
  cpu: number }> {
  const booted = await bootContexts([context], { engine });
  try {
    const tenant = newId();
    await asTenant(tenant, async () => { await added(booted, 0, 50); await ready(booted); });
    const stall = monitorEventLoopDelay({ resolution: 5 });
    stall.enable();
    const cpu = process.cpuUsage();
    const started = performance.now();
    let done = false;
    const asking = asTenant(tenant, () => asked(booted, () => done));
    await asTenant(tenant, async () => { await added(booted, 50, FILES); await ready(booted); });
    const seconds = (performance.now() - started) / 1_000;
    const spent = process.cpuUsage(cpu);
    done = true;
    stall.disable();
    return { perSecond: FILES / seconds, searches: (await asking).sort((a, b) => a - b), stall, cpu: (spent.user + spent.system) / FILES };
  } finally {
    await booted.close();
  }
}

async function added(booted: BootedContexts, from: number, files: number): Promise<void> {
  const search = booted.get(Search);
  for (let at = from; at < from + files; at += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, from + files - at) }, (_, one) => search.add({
      id: newId(), name: `note-${at + one}.md`, mediaType: 'text/markdown', text: textOf(at + one) })));
  }
}

async function ready(booted: BootedContexts): Promise<void> {
  for (;;) {
    const { pending, failed } = await booted.get(Search).statistics({});
    if (failed > 0) throw new Error(`${failed} files could not be indexed`);
    if (pending === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function asked(booted: BootedContexts, ended: () => boolean): Promise<number[]> {
  const took: number[] = [];
  for (let at = 0; !ended(); at++) {
    const started = performance.now();
    await booted.get(Search).find({ text: `When is ${SUBJECTS[at % SUBJECTS.length]!} number ${at % FILES} inspected?`, limit: 6 });
    took.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, ASK_EVERY_MS - (performance.now() - started))));
  }
  return took;
}

const SUBJECTS = ['the crane', 'the ferry', 'the lighthouse', 'the warehouse', 'the pilot boat', 'the slipway', 'the fuel depot',
  'the weighbridge'];
const PLACES = ['north quay', 'south basin', 'inner harbour', 'customs yard', 'fish market', 'dry dock', 'container terminal'];
const DUTIES = ['greased', 'inspected', 'painted', 'measured', 'insured', 'swept', 'surveyed', 'recorded', 'locked', 'lit'];

/** No two alike, and most words shared, as notes of one house are. */
function textOf(number: number): string {
  const pick = <T>(list: T[], step: number): T => list[(number * step + Math.floor(number / list.length)) % list.length]!;
  const lines = Array.from({ length: 5 }, (_, line) =>
    `At the ${pick(PLACES, line + 1)} ${pick(SUBJECTS, line + 2)} is ${pick(DUTIES, line + 3)} every ${2 + ((number + line) % 29)} days ` +
    `by crew ${(number * 7 + line) % 211}, who write it down under reference R${number}-${line}.`);
  return `# Note ${number} on ${pick(SUBJECTS, 1)}\n\n${lines.join(' ')}\n`;
}
