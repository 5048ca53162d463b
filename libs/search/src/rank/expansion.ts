import { BM25, idf, saturation, termCounts } from '#platform/text';

interface ExpansionTuning {
  /** Passages that are read for more words: the best ones by the question's own words. */
  read: number;
  /** Words that are taken from them. */
  words: number;
  /** Share of the question's own words in the score. */
  own: number;
  /** With fewer passages to choose from there is nothing to learn from the best of them: they are most of what there is. */
  fewest: number;
}

const EXPANSION: ExpansionTuning = { read: 5, words: 20, own: 0.6, fewest: 20 };

interface Passage {
  number: number;
  /** Index terms in reading order. */
  terms: string[];
}

/**
 * Scores passages once more, by the words that the best of them have in common (relevance feedback after RM3): who asks for "aeroelastic
 * models" also wants the passage that says "flutter". How much a word tells is judged among these passages, not among all: what nearly
 * all that were found hold anyway tells nothing. `passages` come best first by `lexical`; `asked` is the weight of the question's words.
 */
export function rerank(
  passages: Passage[], lexical: { get(number: number): number | undefined }, asked: number, tuning: ExpansionTuning = EXPANSION,
): Map<number, number> {
  const own = new Map(passages.map(({ number }) => [number, lexical.get(number) ?? 0]));
  if (passages.length < tuning.fewest || asked === 0) return own;
  const counted = passages.map(({ number, terms }) => ({ number, counts: termCounts(terms), length: terms.length }));
  const holding = new Map<string, number>();
  for (const { counts } of counted) for (const term of counts.keys()) holding.set(term, (holding.get(term) ?? 0) + 1);
  const rarity = (term: string): number => idf(counted.length, holding.get(term)!);
  const taken = common(counted.slice(0, tuning.read), own, rarity, tuning.words);
  const all = taken.reduce((sum, [, share]) => sum + share, 0);
  const average = counted.reduce((sum, { length }) => sum + length, 0) / counted.length;
  for (const { number, counts, length } of counted) {
    let gained = 0;
    for (const [term, share] of taken) {
      const count = counts.get(term);
      if (count) gained += (share / all) * rarity(term) * saturation(count, length, average, BM25);
    }
    own.set(number, (tuning.own * own.get(number)!) / asked + (1 - tuning.own) * gained);
  }
  return own;
}

/** The words that take most of the passages read, each passage counting by its score. */
function common(read: { number: number; counts: Map<string, number>; length: number }[], scores: Map<number, number>,
  rarity: (term: string) => number, limit: number): [string, number][] {
  const shares = new Map<string, number>();
  const all = read.reduce((sum, { number }) => sum + scores.get(number)!, 0) || 1;
  for (const { number, counts, length } of read) {
    const weight = scores.get(number)! / all;
    for (const [term, count] of counts) shares.set(term, (shares.get(term) ?? 0) + (weight * count) / length);
  }
  return [...shares]
    .map(([term, share]): [string, number] => [term, share * rarity(term)])
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, limit);
}
