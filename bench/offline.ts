import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerOffline } from '#agent/module';
import { rankByBm25, terms } from '#platform/text';
import { repoRoot } from '#platform/testing';
import type { BenchOptions, BenchResult } from './result.js';
import { median, percentile } from './stats.js';

/** XQuAD's English paragraphs, five of an article after each other; beside the checkout, since its licence (CC BY-SA) is another. */
const DATA = join(repoRoot(), '..', 'shared', 'data', 'xquad', 'paragraphs.json');
const SHOWN = 6;
const OF_ONE_ARTICLE = 5;
const GOAL_FOUND = 0.85;
const GOAL_UNKNOWN = 0.95;

interface Paragraph {
  context: string;
  qas: { question: string; answers: { text: string }[] }[];
}

/** How often the answer stands in what the offline model quotes, and how often it says that it does not know what was taken away. */
export async function bench(_options: BenchOptions): Promise<BenchResult> {
  if (!existsSync(DATA)) throw new Error(`There is no ${DATA}. Put XQuAD's English paragraphs there (github.com/google-deepmind/xquad).`);
  const paragraphs = JSON.parse(readFileSync(DATA, 'utf8')) as Paragraph[];
  const bags = paragraphs.map(({ context }) => terms(context, 'en'));
  const found = { answered: 0, unknown: 0, refused: 0, questions: 0, words: [] as number[], ms: [] as number[] };
  const ask = (question: string, without: (at: number) => boolean): { text: string; known: boolean } => {
    const ranked = rankByBm25(terms(question, 'en'), bags).map((score, at) => ({ score, at }))
      .filter(({ score, at }) => score > 0 && !without(at)).sort((a, b) => b.score - a.score);
    const passages = ranked.slice(0, SHOWN)
      .map(({ at }, place) => ({ marker: place + 1, document: `paragraph ${at}`, heading: null, page: null,
        text: paragraphs[at]!.context }));
    const started = performance.now();
    const answer = answerOffline({ question, passages, facts: [], history: [{ role: 'assistant', content: 'said' }], remembers: false });
    found.ms.push(performance.now() - started);
    return answer;
  };
  for (const [at, { qas }] of paragraphs.entries()) {
    for (const { question, answers } of qas) {
      found.questions++;
      const { text, known } = ask(question, () => false);
      if (!known) found.refused++;
      else if (answers.some((answer) => plain(text).includes(plain(answer.text)))) found.answered++;
      found.words.push(text.split(/\s+/).length);
      if (!ask(question, (other) => Math.floor(other / OF_ONE_ARTICLE) === Math.floor(at / OF_ONE_ARTICLE)).known) found.unknown++;
    }
  }
  const n = found.questions;
  const times = found.ms.sort((a, b) => a - b);
  return {
    name: 'offline',
    goal: `the answer stands in what is quoted for >= ${GOAL_FOUND} of the questions; >= ${GOAL_UNKNOWN} of those without an answer are ` +
      `called unknown`,
    rows: [
      { label: 'answer stands in what is quoted', n, score: found.answered / n },
      { label: 'called unknown although a paragraph says it', n, score: found.refused / n },
      { label: 'called unknown where no paragraph says it', n, score: found.unknown / n },
      { label: 'time to answer (ms)', n: times.length, p50: median(times), p99: percentile(times, 0.99) },
    ],
    met: found.answered / n >= GOAL_FOUND && found.unknown / n >= GOAL_UNKNOWN,
    note: `${SHOWN} paragraphs by BM25 for each question, ${median(found.words)} words quoted at the median; the weights were set on ` +
      `these questions, so they are no result on unseen ones`,
  };
}

/** A footnote number of ours is no part of the answer. */
function plain(text: string): string {
  return text.replace(/\[\d\]/g, ' ').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}
