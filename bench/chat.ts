import { setTimeout as pause } from 'node:timers/promises';
import { type SpawnedModelServer, spawnModelServer, testDatabase } from '#platform/testing';
import { contexts } from '../apps/contexts.js';
import { AtollHouse, openReaders, startProxy, stream, type Subject } from './chat/house.js';
import { benchChatSplit } from './chat/split.js';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';
import { median, percentile } from './stats.js';

const QUESTION = 'How do I move search into its own pod?';
const ASKS = 300;
const WARM = 40;
const PARALLEL = 20;
const TOKENS = 400;
const ROUNDS = 5;
const IDLE = 10_000;
/** Writes that two cores carry beside the model server and the readers; `streams` has 5,000 readers. */
const READERS = 200;
const SHARED_RUNS = 20;
const PERIOD_MS = 50;
const RECORD_MS = 10_000;

/** The first event of an answer, over the first byte of the model itself. */
const GOAL_MS = { embedded: 8, postgres: 5 };
/** Tokens passed on unthrottled, beside a raw proxy. */
const GOAL_SHARE = 0.4;
const GOAL_KB = 30;
const GOAL_JITTER_MS = 50;

const words = (count: number): string[] => Array.from({ length: count }, (_, at) => `w${at} `);
const upstreamBody = { model: 'scripted-model', stream: true, messages: [{ role: 'user', content: QUESTION }] };

interface Found {
  rows: BenchRow[];
  met: boolean;
  note: string;
}

/**
 * An answer through everything (sign-in, budget, memory, search, run log, metering) beside the model itself and the least a proxy can do.
 */
export async function bench({ split }: BenchOptions): Promise<BenchResult> {
  if (split) return benchChatSplit();
  const model = await spawnModelServer();
  const proxy = await startProxy(model.url);
  const atoll = await AtollHouse.start(model.url);
  try {
    const parts = [
      await firstEvent(model, proxy, atoll, 'embedded'),
      await onPostgres(model, proxy),
      await throughput(model, proxy, atoll),
      await idle(model, atoll),
      await jitter(model, atoll, SHARED_RUNS, READERS),
      await jitter(model, atoll, READERS, READERS),
    ];
    return {
      name: 'chat',
      goal:
        `first event: + <= ${GOAL_MS.embedded} ms p50 over the model itself on the embedded database, ${GOAL_MS.postgres} ms on Postgres; `
        + `>= ${GOAL_SHARE * 100} % of a raw proxy's tokens; ${IDLE} idle streams <= ${GOAL_KB} KB each; `
        + `${READERS} streams x ${1_000 / PERIOD_MS} tokens/s with p99 jitter <= ${GOAL_JITTER_MS} ms`,
      rows: parts.flatMap(({ rows }) => rows),
      met: parts.every(({ met }) => met),
      note: `${parts.map(({ note }) => note).join(' · ')} · model, proxy, Atoll and readers are processes of their own on one machine`,
    };
  } finally {
    await atoll.stop();
    proxy.child.kill('SIGKILL');
    await model.stop();
  }
}

async function onPostgres(model: SpawnedModelServer, proxy: Subject): Promise<Found> {
  const owners = await Promise.all(contexts.map(async ({ load }) => (await load()).context));
  const database = await testDatabase({ engine: 'postgres', owners });
  const atoll = await AtollHouse.start(model.url, database.url);
  try {
    return await firstEvent(model, proxy, atoll, 'postgres');
  } finally {
    await atoll.stop();
    await database.close();
  }
}

/** The log says when the question was kept, when the look-ups were done, and when the model said its first word. */
async function firstEvent(model: SpawnedModelServer, proxy: Subject, atoll: AtollHouse, engine: keyof typeof GOAL_MS): Promise<Found> {
  await model.script({ always: { text: words(8), delayMs: 2 } });
  const headers = { authorization: `Bearer ${atoll.key}` };
  const marks = ['run.started', 'run.sources', 'w0 '];
  const times = { direct: [] as number[], proxy: [] as number[], started: [] as number[], sources: [] as number[], word: [] as number[] };
  const conversations: string[] = [];
  for (let at = 0; at < ASKS + WARM; at++) conversations.push(await atoll.converse());
  for (const [at, conversationId] of conversations.entries()) {
    const direct = await stream(`${model.url}/chat/completions`, upstreamBody, {}, ['w0 ']);
    const proxied = await stream(`${proxy.url}/chat/completions`, upstreamBody, {}, ['w0 ']);
    const answer = await stream(`${atoll.url}/v1/conversations/${conversationId}/messages`, { text: QUESTION }, headers, marks);
    if (at < WARM) continue;
    const [started, sources, word] = answer.marks as [number, number, number];
    times.direct.push(direct.marks[0]!);
    times.proxy.push(proxied.marks[0]!);
    times.started.push(started);
    times.sources.push(sources);
    times.word.push(word);
  }
  const row = (label: string, values: number[]): BenchRow => (
    { label: `${engine}: ${label}`, n: values.length, p50: median(values), p99: p99(values), ratio: median(values) / median(times.direct) }
  );
  const added = median(times.started) - median(times.direct);
  return {
    rows: [
      row('first word, the model itself (ms)', times.direct),
      row('first word, raw proxy', times.proxy),
      row('first event, Atoll: the question is kept', times.started),
      row('second event, Atoll: the look-ups are done', times.sources),
      row('first word, Atoll', times.word),
    ],
    met: added <= GOAL_MS[engine],
    note: `first event, ${engine}: + ${added.toFixed(1)} ms p50`,
  };
}

async function throughput(model: SpawnedModelServer, proxy: Subject, atoll: AtollHouse): Promise<Found> {
  await model.script({ always: { text: words(TOKENS) } });
  const conversations: string[] = [];
  for (let at = 0; at < PARALLEL * (ROUNDS + 1); at++) conversations.push(await atoll.converse());
  const headers = { authorization: `Bearer ${atoll.key}` };
  const subjects = [
    { label: 'the model itself', ask: () => stream(`${model.url}/chat/completions`, upstreamBody, {}, []), process: undefined },
    { label: 'raw proxy', ask: () => stream(`${proxy.url}/chat/completions`, upstreamBody, {}, []), process: proxy },
    { label: 'Atoll', ask: () => stream(`${atoll.url}/v1/conversations/${conversations.pop()!}/messages`, { text: QUESTION }, headers, []),
      process: atoll },
  ].map((subject) => ({ ...subject, perSecond: [] as number[], cpu: [] as number[] }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { ask, process: measured, perSecond, cpu } of subjects) {
      const before = measured?.cpuMicros() ?? 0;
      const started = performance.now();
      await Promise.all(Array.from({ length: PARALLEL }, ask));
      const tokens = PARALLEL * TOKENS;
      if (round === 0) continue;
      perSecond.push((tokens * 1_000) / (performance.now() - started));
      if (measured) cpu.push((measured.cpuMicros() - before) / tokens);
    }
  }
  const [direct, proxied, through] = subjects.map(({ perSecond }) => median(perSecond)) as [number, number, number];
  return {
    rows: subjects.map(({ label, perSecond, cpu }) => ({
      label: `tokens/s, ${PARALLEL} at once, ${label}`,
      n: PARALLEL * TOKENS * ROUNDS,
      perSecond: median(perSecond),
      ratio: median(perSecond) / direct,
      ...(cpu.length > 0 && { cpuMicros: median(cpu) }),
    })),
    met: through >= GOAL_SHARE * proxied,
    note: `unthrottled, Atoll passes on ${through.toFixed(0)} tokens/s, ${((100 * through) / proxied).toFixed(0)} % of a raw proxy`,
  };
}

/** Readers of answers whose model has not said anything yet. */
async function idle(model: SpawnedModelServer, atoll: AtollHouse): Promise<Found> {
  await model.script({ always: { text: ['late'], firstDelayMs: 3_600_000 } });
  const runs = await startRuns(atoll, 50);
  const warm = await openReaders(atoll, spread(runs, 500), 100);
  await pause(2_000);
  const before = atoll.residentBytes();
  const readers = await openReaders(atoll, spread(runs, IDLE), 100);
  await pause(5_000);
  const kilobytes = (atoll.residentBytes() - before) / 1024 / IDLE;
  for (const { child } of [warm, readers]) child.kill('SIGKILL');
  await stopRuns(atoll, runs);
  return { rows: [{ label: `${IDLE} idle streams`, n: IDLE, megabytes: (kilobytes * IDLE) / 1024 }], met: kilobytes <= GOAL_KB,
    note: `an idle stream takes ${kilobytes.toFixed(1)} KB` };
}

async function jitter(model: SpawnedModelServer, atoll: AtollHouse, runCount: number, readerCount: number): Promise<Found> {
  await model.script({ always: { text: ['token '], repeat: 200_000 / PERIOD_MS, delayMs: PERIOD_MS } });
  const runs = await startRuns(atoll, runCount);
  const readers = await openReaders(atoll, spread(runs, readerCount), 100);
  await pause(3_000);
  const before = atoll.cpuMicros();
  readers.record();
  await pause(RECORD_MS);
  const { gaps, arrivals } = await readers.gaps();
  const cpuMicros = (atoll.cpuMicros() - before) / arrivals;
  readers.child.kill('SIGKILL');
  await stopRuns(atoll, runs);
  const late = quantile(gaps, 0.99) - PERIOD_MS;
  const kept = arrivals / (readerCount * (RECORD_MS / PERIOD_MS));
  return {
    rows: [{ label: `${readerCount} streams of ${runCount} answers, a token each ${PERIOD_MS} ms: gap`, n: arrivals,
      perSecond: (arrivals * 1_000) / RECORD_MS, p50: quantile(gaps, 0.5), p99: quantile(gaps, 0.99), cpuMicros, score: kept }],
    met: late <= GOAL_JITTER_MS,
    note: `${readerCount} streams of ${runCount} answers: jitter p99 ${late.toFixed(0)} ms, ${(kept * 100).toFixed(0)} % of the tokens ` +
      `in time`,
  };
}

async function startRuns(atoll: AtollHouse, count: number): Promise<string[]> {
  const runs: string[] = [];
  for (let at = 0; at < count; at += 10) {
    const some = Array.from({ length: Math.min(10, count - at) }, async () => {
      const abort = new AbortController();
      const response = await fetch(`${atoll.url}/v1/conversations/${await atoll.converse()}/messages`, {
        method: 'POST', signal: abort.signal, headers: { authorization: `Bearer ${atoll.key}`, accept: 'text/event-stream',
          'content-type': 'application/json' }, body: JSON.stringify({ text: QUESTION }),
      });
      const id = response.headers.get('x-atoll-run-id');
      if (id === null) throw new Error(`${response.status} ${await response.text()}`);
      abort.abort();
      return id;
    });
    runs.push(...(await Promise.all(some)));
  }
  return runs;
}

async function stopRuns(atoll: AtollHouse, runs: string[]): Promise<void> {
  for (let at = 0; at < runs.length; at += 20) await Promise.all(
    runs.slice(at, at + 20).map((id) => atoll.post(`/v1/runs/${id}/cancel`, {})));
}

/** Paths of `count` streams, each run's readers spread evenly. Each begins at the end of what there is. */
function spread(runs: string[], count: number): string[] {
  return Array.from({ length: count }, (_, at) => `/v1/runs/${runs[at % runs.length]!}/events`);
}

function p99(values: number[]): number {
  return percentile([...values].sort((a, b) => a - b), 0.99);
}

function quantile(counts: number[], share: number): number {
  let left = share * counts.reduce((sum, count) => sum + count, 0);
  return counts.findIndex((count) => (left -= count) <= 0);
}
