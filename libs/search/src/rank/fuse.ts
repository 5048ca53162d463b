import { nearness } from './window.js';

interface Fusible {
  number: number;
  /** Index terms in reading order. */
  terms: string[];
  /** Of a FAQ, the terms of its question; undefined otherwise. */
  question?: string[];
}

export interface FusionWeights {
  /** What the nearest vector is worth beside the best lexical score, which is worth 1. */
  vector: number;
  /** What it is worth that all asked words stand together. */
  together: number;
  /** What it is worth that a FAQ's question is the asked one. */
  question: number;
}

export interface Fused {
  number: number;
  /** 0..1 */
  score: number;
  coverage: number;
}

interface FusionInput {
  candidates: Fusible[];
  lexical: ReadonlyMap<number, number>;
  cosines: Map<number, number>;
  asked: { forms: string[] }[];
  rarities: number[];
}

/**
 * One score of everything that is known of a candidate: its BM25 score as a share of the best one's, its cosine between the farthest and
 * nearest of the candidates, how much of the question stands together in it, and for a FAQ how much of the two questions is the same.
 */
export function fuse({ candidates, lexical, cosines, asked, rarities }: FusionInput, weights: FusionWeights): Fused[] {
  const bestLexical = Math.max(0, ...candidates.map(({ number }) => lexical.get(number) ?? 0)) || 1;
  const known = candidates.flatMap(({ number }) => cosines.get(number) ?? []);
  const far = Math.min(...known);
  const near = Math.max(...known);
  const most = 1 + (known.length > 0 ? weights.vector : 0) + weights.together +
    (candidates.some(({ question }) => question) ? weights.question : 0);
  return candidates
    .map(({ number, terms, question }) => {
      const { coverage, together } = nearness(terms, asked, rarities);
      const cosine = cosines.get(number);
      const byVector = cosine === undefined || near <= 0 ? 0 : near > far ? (cosine - far) / (near - far) : 1;
      const sum = (lexical.get(number) ?? 0) / bestLexical + weights.vector * byVector + weights.together * together +
        (question ? weights.question * sameQuestion(question, asked, rarities) : 0);
      return { number, score: sum / most, coverage };
    })
    .sort((a, b) => b.score - a.score || a.number - b.number);
}

/** Share of the words of both questions together that stand in both, weighed by rarity; words only the FAQ has weigh the average. */
function sameQuestion(question: string[], asked: { forms: string[] }[], rarities: number[]): number {
  const words = new Set(question);
  let shared = 0;
  let all = 0;
  let met = 0;
  asked.forEach(({ forms }, at) => {
    const there = forms.some((form) => words.has(form));
    all += rarities[at]!;
    if (there) {
      shared += rarities[at]!;
      met++;
    }
  });
  const usual = asked.length > 0 ? all / asked.length : 0;
  const union = all + Math.max(0, words.size - met) * usual;
  const share = union === 0 ? 0 : shared / union;
  return share * share;
}

/** Leaves out what says nearly the same as a better one: the passages share at least this part of their words. */
const SAME = 0.85;

export function dedupe<T extends { number: number }>(ranked: T[], termsOf: (number: number) => string[], limit: number): T[] {
  const kept: { item: T; terms: Set<string> }[] = [];
  for (const item of ranked) {
    if (kept.length >= limit) break;
    const terms = new Set(termsOf(item.number));
    if (!kept.some((other) => overlap(terms, other.terms) >= SAME)) kept.push({ item, terms });
  }
  return kept.map(({ item }) => item);
}

function overlap(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  if (small.size < 0.7 * large.size) return 0;
  let shared = 0;
  for (const term of small) if (large.has(term)) shared++;
  const union = one.size + other.size - shared;
  return union === 0 ? 0 : shared / union;
}
