/**
 * Okapi BM25 (Robertson and Zaragoza, 2009). `k1` says how soon a repeated word stops counting, `b` how much a long passage is held
 * against it.
 */
export interface Bm25Tuning {
  k1: number;
  b: number;
}

export const BM25: Bm25Tuning = { k1: 1.2, b: 0.75 };

/** How much a term tells, by the number of passages that hold it; never negative. */
export function idf(passages: number, holding: number): number {
  return Math.log(1 + (passages - holding + 0.5) / (holding + 0.5));
}

/** What `count` occurrences in a passage of `length` terms are worth, 0..k1+1, to be multiplied by `idf`. */
export function saturation(count: number, length: number, averageLength: number, { k1, b }: Bm25Tuning = BM25): number {
  return (count * (k1 + 1)) / (count + k1 * (1 - b + (b * length) / (averageLength || 1)));
}

/** Scores a handful of texts (already as terms) against a question: for sets small enough to hold in memory. */
export function rankByBm25(question: readonly string[], texts: readonly (readonly string[])[], tuning: Bm25Tuning = BM25): number[] {
  const counts = texts.map((list) => {
    const map = new Map<string, number>();
    for (const term of list) map.set(term, (map.get(term) ?? 0) + 1);
    return map;
  });
  const average = texts.reduce((sum, list) => sum + list.length, 0) / (texts.length || 1);
  const scores = texts.map(() => 0);
  for (const term of new Set(question)) {
    const weight = idf(texts.length, counts.filter((map) => map.has(term)).length);
    counts.forEach((map, index) => {
      const count = map.get(term);
      if (count) scores[index]! += weight * saturation(count, texts[index]!.length, average, tuning);
    });
  }
  return scores;
}
