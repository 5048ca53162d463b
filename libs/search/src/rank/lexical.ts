import { type Bm25Tuning, idf, saturation } from '#kernel';
import type { Postings } from './postings.js';
import type { Asked } from './question.js';

/** What BM25 needs to know of all the tenant's passages together. */
export interface Corpus {
  passages: number;
  averageLength: number;
}

/** Less held against long passages than the textbook's b = 0.75: they are cut to like sizes anyway. */
export const TUNING: Bm25Tuning = { k1: 1.2, b: 0.6 };

/** Passage number to BM25 score. The forms of one word count as one word: the one that occurs most. */
export function lexicalScores(asked: Asked[], postings: Map<string, Postings>, corpus: Corpus): Map<number, number> {
  const scores = new Map<number, number>();
  for (const word of asked) {
    const held = holders(word, postings);
    const weight = word.weight * idf(corpus.passages, held.size);
    for (const [number, { count, length }] of held) {
      scores.set(number, (scores.get(number) ?? 0) + weight * saturation(count, length, corpus.averageLength, TUNING));
    }
  }
  return scores;
}

/** How rare each asked word is among the tenant's passages, in the order asked. */
export function rarities(asked: Asked[], postings: Map<string, Postings>, corpus: Corpus): number[] {
  return asked.map((word) => idf(corpus.passages, Math.min(corpus.passages, Math.max(0, ...word.forms.map((form) => postings.get(form)?.numbers.length ?? 0)))));
}

function holders(word: Asked, postings: Map<string, Postings>): Map<number, { count: number; length: number }> {
  const held = new Map<number, { count: number; length: number }>();
  for (const form of word.forms) {
    const list = postings.get(form);
    if (!list) continue;
    for (let at = 0; at < list.numbers.length; at++) {
      const number = list.numbers[at]!;
      const known = held.get(number);
      if (!known || known.count < list.counts[at]!) held.set(number, { count: list.counts[at]!, length: list.lengths[at]! });
    }
  }
  return held;
}

/** The best `limit` numbers; equal scores keep the order of the passages, so that every engine answers alike. */
export function best(scores: Map<number, number>, limit: number): number[] {
  return [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, limit).map(([number]) => number);
}
