import { idf, termCounts } from '#platform/text';

interface SmoothingTuning {
  /** Neighbours of a passage that have a say in its score. */
  neighbours: number;
  /** Share of the score that is the average of the passage's neighbourhood. */
  share: number;
  /** What the passage itself weighs in that average, beside neighbours that weigh their cosines: where nothing is near it stays alone. */
  self: number;
  /** With fewer passages there are no neighbourhoods: they are most of what there is. */
  fewest: number;
}

const SMOOTHING: SmoothingTuning = { neighbours: 4, share: 0.7, self: 0.2, fewest: 20 };

interface Passage {
  number: number;
  /** Index terms in reading order. */
  terms: string[];
}

/**
 * Scores by words, each drawn towards the scores of the passages most like it (score regularisation after Diaz, 2005): who asks for
 * "aeroelastic models" also wants the passage on flutter that is like those that say it, and a passage that only happens to hold the
 * words is like none of them. Likeness is the cosine of the passages' terms, weighed by how rare a term is among the passages given, so
 * nothing has to be stored or fitted. Returned as shares of the best score by words.
 */
export function smoothed(
  passages: readonly Passage[], lexical: { get(number: number): number | undefined }, tuning: SmoothingTuning = SMOOTHING,
): Map<number, number> {
  const own = passages.map(({ number }) => lexical.get(number) ?? 0);
  const best = Math.max(0, ...own) || 1;
  const scores = own.map((score) => score / best);
  if (passages.length < tuning.fewest) return new Map(passages.map(({ number }, at) => [number, scores[at]!]));
  const cosines = cosinesOf(passages);
  return new Map(passages.map(({ number }, at) => {
    let sum = tuning.self * scores[at]!;
    let weight = tuning.self;
    for (const other of nearest(cosines, passages.length, at, tuning.neighbours)) {
      const cosine = cosines[at * passages.length + other]!;
      sum += cosine * scores[other]!;
      weight += cosine;
    }
    return [number, (1 - tuning.share) * scores[at]! + (tuning.share * sum) / weight];
  }));
}

/**
 * Some milliseconds of work. Rare terms, which say most, come first: what is left out are the commonest of passages that share nearly
 * everything, as rows of one table do.
 */
const MOST_PRODUCTS = 2_000_000;

/** All cosines of some passages, as a square matrix row by row; the diagonal is 0. Only terms that two of them hold are multiplied. */
function cosinesOf(passages: readonly Passage[]): Float64Array {
  const size = passages.length;
  const counted = passages.map(({ terms }) => termCounts(terms));
  const holding = new Map<string, number>();
  for (const counts of counted) for (const term of counts.keys()) holding.set(term, (holding.get(term) ?? 0) + 1);
  const holders = new Map<string, { at: number; weight: number }[]>();
  counted.forEach((counts, at) => {
    const weights = [...counts].map(([term, count]) => ({ term, weight: idf(size, holding.get(term)!) * (1 + Math.log(count)) }));
    const length = Math.hypot(...weights.map(({ weight }) => weight)) || 1;
    for (const { term, weight } of weights) {
      if (holding.get(term) === 1) continue;
      const list = holders.get(term) ?? [];
      if (list.push({ at, weight: weight / length }) === 1) holders.set(term, list);
    }
  });
  const cosines = new Float64Array(size * size);
  let left = MOST_PRODUCTS;
  for (const list of [...holders.values()].sort((a, b) => a.length - b.length)) {
    left -= (list.length * (list.length - 1)) / 2;
    if (left < 0) break;
    for (let one = 1; one < list.length; one++) {
      const { at, weight } = list[one]!;
      for (let two = 0; two < one; two++) cosines[at * size + list[two]!.at]! += weight * list[two]!.weight;
    }
  }
  for (let row = 1; row < size; row++) for (let column = 0; column < row; column++)
    cosines[column * size + row] = cosines[row * size + column]!;
  return cosines;
}

/** The `limit` passages most like the one at `row`; none that shares no term with it. */
function nearest(cosines: Float64Array, size: number, row: number, limit: number): number[] {
  const kept: number[] = [];
  const of = (other: number): number => cosines[row * size + other]!;
  for (let other = 0; other < size; other++) {
    if (of(other) <= 0 || (kept.length === limit && of(other) <= of(kept[limit - 1]!))) continue;
    let at = kept.length;
    while (at > 0 && of(kept[at - 1]!) < of(other)) at--;
    kept.splice(at, 0, other);
    if (kept.length > limit) kept.pop();
  }
  return kept;
}
