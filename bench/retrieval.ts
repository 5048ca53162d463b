import 'reflect-metadata';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { newId } from '#platform/core';
import { asTenant, bootContexts, type BootedContexts, startPostgres } from '#platform/testing';
import { Search } from '#search';
import { context } from '#search/module';
import type { BenchOptions, BenchResult, BenchRow } from './result.js';
import { percentile, round } from './stats.js';

interface Collection {
  name: string;
  documents: { id: string; title: string; text: string }[];
  /** Grades by document id; a document without one is not relevant. */
  questions: { text: string; grades: Record<string, number> }[];
}

/** What a way of searching is judged by: ids of documents, best first. */
type Ask = (text: string) => Promise<string[]>;

const GOAL = { cranfield: 0.38, xquad: 0.94 };
const LIMIT = 10;
/** Passages asked for so that ten documents are among them: several passages of one document may come first. */
const PASSAGES = 30;

/**
 * Quality of retrieval on two public collections (Cranfield: nDCG@10; XQuAD: how often the first document is the right one), through the
 * contract as any other context calls it, on Postgres without pgvector and without a model; beside it Postgres' own full-text ranking
 * (`ts_rank` over any of the words) on the same server in the same run, questions interleaved.
 */
export async function bench(_options: BenchOptions): Promise<BenchResult> {
  const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'data');
  const collections = [cranfield(folder), xquad(folder)].filter((one) => one !== undefined);
  const goal = `Cranfield nDCG@10 >= ${GOAL.cranfield}, XQuAD first hit >= ${GOAL.xquad}, both above ts_rank`;
  if (collections.length === 0) return { name: 'retrieval', goal, rows: [], met: false,
    note: `No collections found in ${folder}: put Cranfield and XQuAD there as documents.json, queries.json and paragraphs.json.` };

  const booted = await bootContexts([context], { engine: 'postgres' });
  const server = await startPostgres();
  const url = await server.createDatabase();
  const peer = new pg.Client({ connectionString: url });
  await peer.connect();
  const rows: BenchRow[] = [];
  try {
    for (const collection of collections) rows.push(...(await measured(booted, peer, collection)));
  } finally {
    await peer.end();
    await server.dropDatabase(url);
    await booted.close();
    await server.close();
  }
  const [ours, theirs] = [rows.filter((_, at) => at % 2 === 0), rows.filter((_, at) => at % 2 === 1)];
  const met = collections.every(({ name }, at) =>
    ours[at]!.score! >= GOAL[name as keyof typeof GOAL] && ours[at]!.score! > theirs[at]!.score!);
  return { name: 'retrieval', goal, rows, met,
    note: 'Half of the questions of each collection. No tuning by collection: one setting for both, and for every tenant.' };
}

async function measured(booted: BootedContexts, peer: pg.Client, collection: Collection): Promise<BenchRow[]> {
  const tenant = newId();
  const search = booted.get(Search);
  const known = await asTenant(tenant, () => seeded(search, collection));
  await seedPeer(peer, collection);
  const ours: Ask = (text) => asTenant(tenant,
    async () => [...new Set((await search.find({ text, limit: PASSAGES })).map(({ documentId }) => known.get(documentId)!))]);
  const theirs: Ask = async (text) => (await peer.query<{ id: string }>(TS_RANK, [text, LIMIT])).rows.map(({ id }) => id);
  for (const { text } of collection.questions.slice(0, 20)) await Promise.all([ours(text), theirs(text)]);

  const judged = { ours: [] as number[], theirs: [] as number[] };
  const took = { ours: [] as number[], theirs: [] as number[] };
  for (const { text, grades } of collection.questions) {
    for (const [way, ask] of [['ours', ours], ['theirs', theirs]] as const) {
      const started = performance.now();
      const ids = await ask(text);
      took[way].push(performance.now() - started);
      judged[way].push(collection.name === 'cranfield' ? ndcg(ids, grades) : Number(grades[ids[0] ?? ''] !== undefined));
    }
  }
  const measure = collection.name === 'cranfield' ? 'nDCG@10' : 'first hit';
  const row = (label: string, way: 'ours' | 'theirs'): BenchRow => {
    const times = took[way].sort((a, b) => a - b);
    return { label: `${collection.name} ${measure}: ${label}`, n: judged[way].length, p50: round(percentile(times, 0.5)),
      p99: round(percentile(times, 0.99)), score: round(mean(judged[way]), 4) };
  };
  const [mine, peers] = [row('Atoll', 'ours'), row('ts_rank', 'theirs')];
  return [{ ...mine, ratio: round(mine.score! / peers.score!) }, peers];
}

/** Adds the documents and waits until they can be found. Returns which document of the collection is which of ours. */
async function seeded(search: Search, { documents }: Collection): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  for (const { id, title, text } of documents) {
    const ours = newId();
    known.set(ours, id);
    await search.add({ id: ours, name: `${id}.md`, mediaType: 'text/markdown', text: title === '' ? text : `# ${title}\n\n${text}` });
  }
  for (;;) {
    const { pending, failed } = await search.statistics({});
    if (failed > 0) throw new Error(`${failed} documents of the collection could not be indexed`);
    if (pending === 0) return known;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const TS_RANK = `
  with asked as (select replace(plainto_tsquery('english', $1)::text, '&', '|')::tsquery as query)
  select id from passage, asked where body @@ query order by ts_rank(body, query, 1) desc, id limit $2`;

async function seedPeer(peer: pg.Client, { documents }: Collection): Promise<void> {
  await peer.query('drop table if exists passage');
  await peer.query('create table passage (id text primary key, body tsvector not null)');
  for (const { id, title, text } of documents) {
    await peer.query(`insert into passage values ($1, setweight(to_tsvector('english', $2), 'A') || to_tsvector('english', $3))`,
      [id, title, text]);
  }
  await peer.query('create index on passage using gin (body)');
  await peer.query('analyze passage');
}

function ndcg(ids: string[], grades: Record<string, number>): number {
  const gain = (list: number[]): number => list.slice(0, LIMIT).reduce((sum, grade, at) => sum + grade / Math.log2(at + 2), 0);
  const ideal = gain(Object.values(grades).sort((a, b) => b - a));
  return ideal === 0 ? 0 : gain(ids.map((id) => grades[id] ?? 0)) / ideal;
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
}

function read<T>(path: string): T | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;
}

function cranfield(folder: string): Collection | undefined {
  const documents = read<{ id: number; title: string; text: string }[]>(join(folder, 'cranfield', 'documents.json'));
  const queries = read<{ text: string; relevant: Record<string, number> }[]>(join(folder, 'cranfield', 'queries.json'));
  if (!documents || !queries) return undefined;
  return {
    name: 'cranfield',
    // The text begins with the title once more.
    documents: documents
      .map(({ id, title, text }) => ({ id: String(id), title, text: text.startsWith(title) ? text.slice(title.length).trim() : text }))
      .filter(({ title, text }) => `${title}${text}`.trim() !== ''),
    questions: queries.map(({ text, relevant }) => ({ text, grades: relevant })),
  };
}

function xquad(folder: string): Collection | undefined {
  const paragraphs = read<{ context: string; qas: { question: string }[] }[]>(join(folder, 'xquad', 'paragraphs.json'));
  if (!paragraphs) return undefined;
  return {
    name: 'xquad',
    documents: paragraphs.map(({ context: text }, at) => ({ id: String(at), title: '', text })),
    questions: paragraphs.flatMap(({ qas }, at) => qas.map(({ question }) => ({ text: question, grades: { [at]: 1 } }))),
  };
}
