import { type Bm25Tuning, idf, saturation } from '#platform/text';
import type { Postings } from './postings.js';
import type { Asked } from './question.js';
import { Scores } from './scores.js';

/** What BM25 needs to know of all the tenant's passages together. */
interface Corpus {
  passages: number;
  averageLength: number;
}

/** Less held against long passages than the textbook's b = 0.75: they are cut to like sizes anyway. */
const TUNING: Bm25Tuning = { k1: 1.2, b: 0.6 };

/** BM25 of every passage that holds an asked word. The forms of one word count as one word: the one that occurs most. */
export function lexicalScores(asked: Asked[], postings: ReadonlyMap<string, Postings>, corpus: Corpus): Scores {
  const lists = asked.map((word) => merged(word.forms.flatMap((form) => postings.get(form) ?? [])));
  const scores = new Scores(lists.reduce((highest, { numbers }) => numbers.reduce((most, number) => Math.max(most, number), highest), -1));
  lists.forEach(({ numbers, counts, lengths }, index) => {
    const weight = asked[index]!.weight * idf(corpus.passages, numbers.length);
    for (let at = 0; at < numbers.length; at++) scores.add(numbers[at]!,
      weight * saturation(counts[at]!, lengths[at]!, corpus.averageLength, TUNING));
  });
  return scores;
}

/** How rare each asked word is among the tenant's passages, in the order asked. */
export function rarities(asked: Asked[], postings: ReadonlyMap<string, Postings>, corpus: Corpus): number[] {
  return asked.map((word) =>
    idf(corpus.passages, Math.min(corpus.passages, Math.max(0, ...word.forms.map((form) => postings.get(form)?.numbers.length ?? 0)))));
}

const NOTHING: Postings = { numbers: new Uint32Array(), counts: new Float32Array(), lengths: new Float32Array() };

function merged(lists: Postings[]): Postings {
  if (lists.length <= 1) return lists[0] ?? NOTHING;
  const held = new Map<number, { count: number; length: number }>();
  for (const { numbers, counts, lengths } of lists) {
    for (let at = 0; at < numbers.length; at++) {
      const known = held.get(numbers[at]!);
      if (!known || known.count < counts[at]!) held.set(numbers[at]!, { count: counts[at]!, length: lengths[at]! });
    }
  }
  const entries = [...held];
  return { numbers: Uint32Array.from(entries, ([number]) => number), counts: Float32Array.from(entries, ([, { count }]) => count),
    lengths: Float32Array.from(entries, ([, { length }]) => length) };
}
