import type { Asked } from './question.js';

export interface ExpansionTuning {
  /** Passages that are read for more words. */
  passages: number;
  /** Words that are taken from them. */
  words: number;
  /** Share of the question's own words in the weight of all. */
  own: number;
}

export const EXPANSION: ExpansionTuning = { passages: 5, words: 20, own: 0.7 };

/** A passage that is read for more words; `weight` is its share in the scores of all that are read. */
export interface Read {
  counts: Map<string, number>;
  length: number;
  weight: number;
}

/** The `limit` words that take most of the passages read, with the share they take. */
export function commonWords(read: Read[], limit: number): Map<string, number> {
  const shares = new Map<string, number>();
  for (const { counts, length, weight } of read) {
    for (const [term, count] of counts) shares.set(term, (shares.get(term) ?? 0) + (weight * count) / length);
  }
  return new Map([...shares].sort(mostFirst).slice(0, limit));
}

/**
 * Widens a question by the words that the best passages found so far have in common (relevance feedback after RM3): who asks for
 * "aeroelastic models" also wants the passage that says "flutter". Words that all documents hold are held back by their rarity.
 */
export function expanded(asked: Asked[], shares: Map<string, number>, rarity: (term: string) => number, tuning: ExpansionTuning = EXPANSION): Asked[] {
  const taken = [...shares].map(([term, share]): [string, number] => [term, share * rarity(term)]).sort(mostFirst).slice(0, tuning.words);
  const all = taken.reduce((sum, [, share]) => sum + share, 0);
  const own = asked.reduce((sum, word) => sum + word.weight, 0);
  if (all === 0 || own === 0) return asked;
  const widened = asked.map((word) => ({ forms: word.forms, weight: (tuning.own * word.weight) / own }));
  for (const [term, share] of taken) {
    const weight = ((1 - tuning.own) * share) / all;
    const known = widened.find((word) => word.forms.includes(term));
    if (known) known.weight += weight;
    else widened.push({ forms: [term], weight });
  }
  return widened;
}

/** By share, then by the word itself: the same order on every engine. */
function mostFirst(a: [string, number], b: [string, number]): number {
  return b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
}
