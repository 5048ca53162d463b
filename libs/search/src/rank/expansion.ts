import { idf } from '#kernel';
import type { PassageTerms } from './passage-terms.js';
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

/**
 * Widens a question by the words that the best passages found so far have in common (relevance feedback after RM3): who asks for
 * "aeroelastic models" also wants the passage that says "flutter". `weight` is a passage's share in the scores of all that are read.
 */
export function expanded(asked: Asked[], read: { terms: PassageTerms; weight: number }[], rarity: (term: string) => number, tuning: ExpansionTuning = EXPANSION): Asked[] {
  const found = new Map<string, number>();
  for (const { terms, weight } of read) {
    for (const [term, count] of terms.counts) found.set(term, (found.get(term) ?? 0) + (weight * count) / terms.length);
  }
  const taken = [...found]
    .map(([term, share]) => [term, share * rarity(term)] as const)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, tuning.words);
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

/** Rarity by the number of passages that hold a term, which is known only for looked-up terms: others are guessed from the sample. */
export function rarityIn(passages: number, holding: number): number {
  return idf(passages, holding);
}
