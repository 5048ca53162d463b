import { idf, isFunctionWord, type Language, saturation, stem, words } from '#platform/text';
import { canAnswer, type NewWord } from './kinds.js';
import { contradicts } from './opposites.js';
import { type Question, spelledAs, termsOf } from './question.js';
import type { QuoteUnit } from './units.js';

export interface ScoredUnit {
  unit: QuoteUnit;
  /** A logit: one more means e times as likely to hold the answer. */
  score: number;
  /** Terms in the unit itself; there or nearly so, in its heading or the units beside it; and anywhere in its passage. */
  own: Set<string>;
  near: Set<string>;
  around: Set<string>;
  /** Share of the question its heading alone holds. */
  titled: number;
  /** It says the question's words again, or speaks of the opposite of what is asked. */
  void: boolean;
}

export interface UnitScores {
  /** The question in the passages' spelling. */
  question: Question;
  /** Best first. */
  ranked: ScoredUnit[];
  /** Terms that any passage holds, or nearly so. */
  known: Set<string>;
  /** All terms of the passages. */
  vocabulary: Set<string>;
}

/**
 * What each sign is worth, as a logit. Fitted (softmax over the units of a question) on five sets of questions in five languages at once;
 * each set does as well with weights fitted on the other ones alone: docs/benchmarks.md. The last four, which those sets do not show, are
 * set by hand.
 */
const WEIGHT = { rare: 3.9, share: 4.2, bm25: 2.2, before: 5.2, after: 2.4, akin: 3.6, first: 0.8, leaning: 0.6, rank: 2.5, news: 0.8,
  person: 0.9, time: 2.3, number: 2.2, place: 1.4, reason: 1.4, way: 1.5, definition: 0.6, list: 0.8, titled: 1.5 } as const;

/** How much of a term is found where it stands in a heading above, and what a carried term counts beside an own one. */
const HEADING = 0.6;
const CARRIED = 0.5;

/** A sentence that opens so cannot be understood without the one before it. */
export const LEANING = /^(?:it|its|they|their|them|he|his|she|her|this|that|these|those|such|both|then|here|there|in this case|otherwise|however|but|also|instead|therefore|er|sie|es|dies|diese[rs]?|dort|il|elle|ils|elles|cela|él|ella|esto)\b/iu;

interface Prepared {
  unit: QuoteUnit;
  bag: string[];
  set: Set<string>;
  heading: Set<string>;
  news: NewWord[];
  echo: boolean;
  void: boolean;
}

/** Every unit with what speaks for it. */
export function scoreUnits(asked: Question, units: QuoteUnit[]): UnitScores {
  const { language } = asked;
  const headings = new Map(units.map(({ heading }) => [heading, new Set(termsOf(heading, language))]));
  const prepared = units.map((unit) => prepare(asked, unit, headings.get(unit.heading)!));
  const passages = new Map<number, Set<string>>();
  for (const one of prepared) {
    const whole = passages.get(one.unit.passage) ?? new Set<string>();
    for (const term of [...(one.void ? [] : one.set), ...one.heading]) whole.add(term);
    passages.set(one.unit.passage, whole);
  }
  const vocabulary = new Set([...passages.values()].flatMap((whole) => [...whole]));
  const question = spelledAs(asked, vocabulary);
  const terms = [...question.terms, ...question.carried];
  const weigh = (term: string): number => (question.terms.includes(term) ? 1 : CARRIED);
  const rarity = new Map(terms.map((term) => [term, weigh(term) * idf(units.length, prepared.filter(({ set }) => set.has(term)).length)]));
  const even = new Map(terms.map((term) => [term, weigh(term)]));
  const length = prepared.reduce((sum, { bag }) => sum + bag.length, 0) / (units.length || 1);
  const scored = prepared.map((one, at): ScoredUnit => {
    const beside = (by: number): Prepared | undefined =>
      prepared[at + by]?.unit.passage === one.unit.passage ? prepared[at + by] : undefined;
    const [before, after] = [leadOf(prepared, at) ?? beside(-1), beside(1)];
    const own = new Set(terms.filter((term) => one.set.has(term)));
    const akin = new Set(terms.filter((term) => !own.has(term) && isAkinToAny(term, one.set, language)));
    const near = new Set(terms.filter((term) =>
      own.has(term) || akin.has(term) || one.heading.has(term) || before?.set.has(term) || after?.set.has(term)));
    const around = new Set(terms.filter((term) => passages.get(one.unit.passage)!.has(term)));
    const titled = share(question.terms, (term) => Number(one.heading.has(term)));
    const holds = (term: string): number => (own.has(term) ? 1 : one.heading.has(term) ? HEADING : 0);
    const lacks = (other: Prepared | undefined) => (term: string): number => Number(!own.has(term) && other?.set.has(term) === true);
    const held = weighted(rarity, lacks(before));
    const form = one.unit.kind === 'code' || one.unit.kind === 'item' ? one.unit.kind : 'other';
    const score =
      WEIGHT.rare * weighted(rarity, holds) + WEIGHT.share * weighted(even, holds) + WEIGHT.bm25 * bm25(rarity, one.bag, length) +
      WEIGHT.before * held + WEIGHT.after * weighted(rarity, lacks(after)) + WEIGHT.leaning * (LEANING.test(one.unit.text) ? held : 0) +
      WEIGHT.akin * weighted(rarity, (term) => Number(akin.has(term))) +
      WEIGHT.first * Number(one.unit.order === 0) + WEIGHT.rank / (1 + one.unit.passage) + WEIGHT.news * Math.min(1, one.news.length / 10) +
      question.asked.reduce((sum, kind) => sum + WEIGHT[kind] * canAnswer(kind, one.unit.text, one.news, form), 0) +
      (titled >= 0.5 ? (WEIGHT.titled * titled) / (1 + placeUnderHeading(prepared, at)) : 0);
    return { unit: one.unit, score: one.echo ? -Infinity : score, own, near, around, titled, void: one.void };
  });
  return { question, ranked: scored.sort((a, b) => b.score - a.score), vocabulary,
    known: new Set(terms.filter((term) => vocabulary.has(term) || isAkinToAny(term, vocabulary, language))) };
}

function prepare({ language, spoken, terms }: Question, unit: QuoteUnit, heading: Set<string>): Prepared {
  const said = new Set(spoken);
  const wanted = new Set(terms);
  const found = words(unit.text);
  const bag: string[] = [];
  const news: NewWord[] = [];
  for (const { text, start, end } of found) {
    if (isFunctionWord(text, language)) continue;
    const term = stem(text, language);
    bag.push(term);
    if (!said.has(text) && !wanted.has(term)) news.push({ text, written: unit.text.slice(start, end), first: start === 0 });
  }
  const inside = found.map(({ text }) => text);
  // It holds the question's words in their order: it asks, and answers nothing.
  const echo = spoken.length >= 4 && inside.length >= spoken.length && inside.join(' ').includes(spoken.join(' '));
  return { unit, bag, set: new Set(bag), heading, news, echo, void: echo || contradicts(spoken, inside, unit.heading) };
}

function share(terms: string[], holds: (term: string) => number): number {
  return terms.length === 0 ? 0 : terms.reduce((sum, term) => sum + holds(term), 0) / terms.length;
}

function weighted(weights: ReadonlyMap<string, number>, holds: (term: string) => number): number {
  let found = 0;
  let whole = 0;
  for (const [term, weight] of weights) {
    whole += weight;
    found += weight * holds(term);
  }
  return whole === 0 ? 0 : found / whole;
}

function bm25(rarity: ReadonlyMap<string, number>, bag: string[], average: number): number {
  return weighted(rarity, (term) => {
    const count = bag.filter((one) => one === term).length;
    return count === 0 ? 0 : saturation(count, bag.length, average) / 2.2;
  });
}

const COMPOUNDING = new Set(['de', 'nl', 'sv', 'da', 'no', 'fi']);
const STEM = 5;
const PART = 4;

/** The same first letters; in languages that write compounds together also a part of one: Frist in Kündigungsfrist. */
function isAkinToAny(term: string, bag: ReadonlySet<string>, language: Language): boolean {
  if (term.length < PART) return false;
  for (const other of bag) {
    if (term.length >= STEM && other.length >= STEM && other.startsWith(term.slice(0, STEM))) return true;
    if (COMPOUNDING.has(language) && (isPart(term, other) || isPart(other, term))) return true;
  }
  return false;
}

function isPart(part: string, whole: string): boolean {
  return part.length >= PART && whole.length >= part.length + PART && (whole.endsWith(part) || whole.startsWith(part));
}

/** The line that leads a list or table is what stands before each of its items. */
function leadOf(prepared: Prepared[], at: number): Prepared | undefined {
  const { passage, kind, block } = prepared[at]!.unit;
  if (kind !== 'item' && kind !== 'row') return undefined;
  let before = at - 1;
  while (prepared[before]?.unit.passage === passage && prepared[before]!.unit.block === block) before--;
  const lead = prepared[before];
  return lead?.unit.passage === passage && lead.unit.kind !== 'code' ? lead : undefined;
}

/** How many units of the same heading stand before it: what a section is about, it says first. */
function placeUnderHeading(prepared: Prepared[], at: number): number {
  const { passage, heading } = prepared[at]!.unit;
  let first = at;
  while (prepared[first - 1]?.unit.passage === passage && prepared[first - 1]!.unit.heading === heading) first--;
  return at - first;
}
