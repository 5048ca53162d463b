import { setTimeout as pause } from 'node:timers/promises';
import { type SpawnedModelServer, spawnModelServer } from '#platform/testing';
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

const GOAL_P50 = 0.5;
const GOAL_P99 = 3;
const GOAL_KB = 30;
const GOAL_JITTER_MS = 50;

const words = (count: number): string[] => Array.from({ length: count }, (_, at) => `w${at} `);
const upstreamBody = { model: 'scripted-model', stream: true, messages: [{ role: 'user', content: QUESTION }] };

interface Found {
  rows: BenchRow[];
  met: boolean;
  note: string;
}

/** An answer through everything (sign-in, budget, memory, search, run log, metering) beside the model itself and the least a proxy can do. */
export async function bench({ split }: BenchOptions): Promise<BenchResult> {
  if (split) return benchChatSplit();
  const model = await spawnModelServer();
  const proxy = await startProxy(model.url);
  const atoll = await AtollHouse.start(model.url);
  try {
    const parts = [await firstToken(model, proxy, atoll), await throughput(model, proxy, atoll), await idle(model, atoll), await jitter(model, atoll, SHARED_RUNS, READERS), await jitter(model, atoll, READERS, READERS)];
    return {
      name: 'chat',
      goal: `first token: + <= ${GOAL_P50} ms p50 and <= ${GOAL_P99} ms p99 over the model itself, for all that is no look-up; ${IDLE} idle streams <= ${GOAL_KB} KB each; ${READERS} streams x ${1_000 / PERIOD_MS} tokens/s with p99 jitter <= ${GOAL_JITTER_MS} ms`,
      rows: parts.flatMap(({ rows }) => rows),
      met: parts.every(({ met }) => met),
      note: `${parts.map(({ note }) => note).join(' · ')} · embedded database; model, proxy, Atoll and readers are processes of their own on one machine`,
    };
  } finally {
    await atoll.stop();
    proxy.child.kill('SIGKILL');
    await model.stop();
  }
}

/** The log says when it was accepted and when the look-ups were done: what comes after is the model and what Atoll adds to it. */
async function firstToken(model: SpawnedModelServer, proxy: Subject, atoll: AtollHouse): Promise<Found> {
  await model.script({ always: { text: words(8), delayMs: 2 } });
  const headers = { authorization: `Bearer ${atoll.key}` };
  const times = { direct: [] as number[], proxy: [] as number[], accepted: [] as number[], looked: [] as number[], after: [] as number[], whole: [] as number[] };
  const conversations: string[] = [];
  for (let at = 0; at < ASKS + WARM; at++) conversations.push(await atoll.converse());
  for (const [at, conversationId] of conversations.entries()) {
    const direct = await stream(`${model.url}/chat/completions`, upstreamBody, {}, ['w0 ']);
    const proxied = await stream(`${proxy.url}/chat/completions`, upstreamBody, {}, ['w0 ']);
    const answer = await stream(`${atoll.url}/v1/conversations/${conversationId}/messages`, { text: QUESTION }, headers, ['run.started', 'run.sources', 'w0 ']);
    if (at < WARM) continue;
    const [accepted, sources, token] = answer.marks as [number, number, number];
    times.direct.push(direct.marks[0]!);
    times.proxy.push(proxied.marks[0]!);
    times.accepted.push(accepted);
    times.looked.push(sources - accepted);
    times.after.push(token - sources);
    times.whole.push(token);
  }
  const row = (label: string, values: number[]): BenchRow => ({ label, n: values.length, p50: median(values), p99: p99(values), ratio: median(values) / median(times.direct) });
  const added = { p50: median(times.after) - median(times.direct), p99: p99(times.after) - p99(times.direct) };
  return {
    rows: [
      row('first token, the model itself (ms)', times.direct),
      row('first token, raw proxy', times.proxy),
      row('first token, Atoll, everything', times.whole),
      row('  of it: sign-in, conversation, agent, budget, run', times.accepted),
      row('  of it: search, memory, question saved', times.looked),
      row('  of it: model and all the rest of Atoll', times.after),
    ],
    met: added.p50 <= GOAL_P50 && added.p99 <= GOAL_P99,
    note: `first token: beside its look-ups Atoll adds ${added.p50.toFixed(2)} ms p50, ${added.p99.toFixed(2)} ms p99`,
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
    { label: 'Atoll', ask: () => stream(`${atoll.url}/v1/conversations/${conversations.pop()!}/messages`, { text: QUESTION }, headers, []), process: atoll },
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
  const [direct, , through] = subjects.map(({ perSecond }) => median(perSecond)) as [number, number, number];
  return {
    rows: subjects.map(({ label, perSecond, cpu }) => ({ label: `tokens/s, ${PARALLEL} at once, ${label}`, n: PARALLEL * TOKENS * ROUNDS, perSecond: median(perSecond), ratio: median(perSecond) / direct, ...(cpu.length > 0 && { cpuMicros: median(cpu) }) })),
    met: true,
    note: `unthrottled, Atoll passes on ${through.toFixed(0)} tokens/s`,
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
  return { rows: [{ label: `${IDLE} idle streams`, n: IDLE, megabytes: (kilobytes * IDLE) / 1024 }], met: kilobytes <= GOAL_KB, note: `an idle stream takes ${kilobytes.toFixed(1)} KB` };
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
    rows: [{ label: `${readerCount} streams of ${runCount} answers, a token each ${PERIOD_MS} ms: gap`, n: arrivals, perSecond: (arrivals * 1_000) / RECORD_MS, p50: quantile(gaps, 0.5), p99: quantile(gaps, 0.99), cpuMicros, score: kept }],
    met: late <= GOAL_JITTER_MS,
    note: `${readerCount} streams of ${runCount} answers: jitter p99 ${late.toFixed(0)} ms, ${(kept * 100).toFixed(0)} % of the tokens in time`,
  };
}

async function startRuns(atoll: AtollHouse, count: number): Promise<string[]> {
  const runs: string[] = [];
  for (let at = 0; at < count; at += 10) {
    const some = Array.from({ length: Math.min(10, count - at) }, async () => {
      const abort = new AbortController();
      const response = await fetch(`${atoll.url}/v1/conversations/${await atoll.converse()}/messages`, {
        method: 'POST', signal: abort.signal, headers: { authorization: `Bearer ${atoll.key}`, accept: 'text/event-stream', 'content-type': 'application/json' }, body: JSON.stringify({ text: QUESTION }),
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
  for (let at = 0; at < runs.length; at += 20) await Promise.all(runs.slice(at, at + 20).map((id) => atoll.post(`/v1/runs/${id}/cancel`, {})));
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
