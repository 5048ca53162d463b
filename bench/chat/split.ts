import { setTimeout as pause } from 'node:timers/promises';
import { spawnModelServer } from '#platform/testing';
import { Fleet, contextNames, freePorts } from '../../apps/monolith/test/fleet.js';
import type { BenchResult, BenchRow } from '../result.js';
import { median, percentile } from '../stats.js';
import { stream } from './house.js';

const QUESTION = 'How do I move search into its own pod?';
const DOCUMENT = '# Pods\n\nTo move search into its own pod, start one process with ATOLL_CONTEXTS=search and the others without it.\n';
const ASKS = 300;
const WARM = 60;
const GOAL_MS = 1;

interface Front {
  label: string;
  url: string;
  key: string;
  times: number[];
}

/**
 * The first token of an answer through an edge, a process with all but search, and one with search alone, beside the same answer by one
 * process.
 */
export async function benchChatSplit(): Promise<BenchResult> {
  const model = await spawnModelServer();
  await model.script({ always: { text: ['w0 ', ...Array.from({ length: 7 }, (_, at) => `w${at + 1} `)], delayMs: 2 } });
  const env = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: model.url, ATOLL_CHAT_MODEL: 'scripted-model', ATOLL_EMBEDDING_MODEL: 'offline',
    ATOLL_MONTHLY_BUDGET: '1000000000', ATOLL_LOG_LEVEL: 'error' };
  const fleets = await Promise.all([Fleet.open({ env }), Fleet.open({ env })]);
  try {
    const fronts = [await openFront('one process', await startWhole(fleets[0])),
      await openFront('edge, all but search, search', await startSplit(fleets[1]))] as const;
    await measure(fronts);
    const row = ({ label, times }: Front): BenchRow =>
      ({ label: `first token (ms), ${label}`, n: times.length, p50: median(times), p99: percentile([...times].sort((a, b) => a - b), 0.99),
        ratio: median(times) / median(fronts[0].times) });
    const added = median(fronts[1].times) - median(fronts[0].times);
    return {
      name: 'chat --split',
      goal: `first token through an edge, with search in a process of its own: + <= ${GOAL_MS} ms p50 over one process`,
      rows: fronts.map(row),
      met: added <= GOAL_MS,
      note: `+ ${added.toFixed(2)} ms p50. Asked in turns, one at a time; one Postgres under both, Redis under the split; all ` +
        `processes, the model server and the reader share this machine.`,
    };
  } finally {
    for (const fleet of fleets) await fleet.close();
    await model.stop();
  }
}

async function startWhole(fleet: Fleet): Promise<string> {
  const [port] = await freePorts(1);
  await fleet.start({ name: 'whole', port: port!, env: { REDIS_URL: '' } });
  return `http://127.0.0.1:${port}`;
}

async function startSplit(fleet: Fleet): Promise<string> {
  const [edge, rest, search] = await freePorts(3);
  const urls = Object.fromEntries(
    contextNames.map((name) => [`ATOLL_URL_${name.toUpperCase()}`, `http://127.0.0.1:${name === 'search' ? search : rest}`]));
  await fleet.start(
    { name: 'edge', port: edge!, env: { ATOLL_CONTEXTS: 'none', ...urls } },
    { name: 'rest', port: rest!, env: { ATOLL_CONTEXTS: contextNames.filter((name) => name !== 'search').join(',') } },
    { name: 'search', port: search!, env: { ATOLL_CONTEXTS: 'search' } },
  );
  return `http://127.0.0.1:${edge}`;
}

/** Signs up, uploads a document and waits until it is found. */
async function openFront(label: string, url: string): Promise<Front> {
  const person = { email: 'bench@example.com', password: 'a-long-enough-passphrase-7' };
  await send(url, '/v1/auth/register', { tenantName: 'Bench', name: 'Bench', ...person });
  const { accessToken } = await send<{ accessToken: string }>(url, '/v1/auth/login', person);
  const { key } = await send<{ key: string }>(url, '/v1/api-keys', { name: 'bench', scopes: ['*'] }, accessToken);
  const form = new FormData();
  form.append('file', new Blob([DOCUMENT]), 'pods.md');
  await send(url, '/v1/knowledge/files', form, key);
  for (let waited = 0; ; waited++) {
    const { passages } = await send<{ passages: unknown[] }>(url, '/v1/search', { query: QUESTION }, key);
    if (passages.length > 0) return { label, url, key, times: [] };
    if (waited > 300) throw new Error(`${label}: the document was not indexed`);
    await pause(100);
  }
}

async function measure(fronts: readonly Front[]): Promise<void> {
  for (let at = 0; at < ASKS + WARM; at++) {
    for (const { url, key, times } of at % 2 === 0 ? fronts : [...fronts].reverse()) {
      const { id } = await send<{ id: string }>(url, '/v1/conversations', {}, key);
      const { marks } = await stream(`${url}/v1/conversations/${id}/messages`, { text: QUESTION }, { authorization: `Bearer ${key}` },
        ['w0 ']);
      if (at >= WARM) times.push(marks[0]!);
    }
  }
}

async function send<T>(url: string, path: string, body: unknown, key?: string): Promise<T> {
  const form = body instanceof FormData;
  const response = await fetch(`${url}${path}`, { method: 'POST',
    headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...(!form && { 'content-type': 'application/json' }) },
    body: form ? body : JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
