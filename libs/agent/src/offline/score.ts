import { type AnswerKind, answers } from './cues.js';
import { type Question, spelledAs, spokenWords, termsOf } from './question.js';
import type { QuoteUnit } from './units.js';

export interface ScoredUnit {
  unit: QuoteUnit;
  score: number;
  /** Question terms found in the unit itself; there, in its heading or what it leans on; and anywhere in its passage. */
  own: Set<string>;
  near: Set<string>;
  around: Set<string>;
  /** Share of the question its heading alone holds. */
  titled: number;
}

export interface UnitScores {
  /** The question in the passages' spelling. */
  question: Question;
  /** Best first. */
  ranked: ScoredUnit[];
  /** Question terms that any passage holds. */
  known: Set<string>;
}

/** What each part of the evidence is worth; tuned on 322 questions over 60 paragraphs (bench offline). */
const WEIGHT = { near: 0.45, lean: 0.8, around: 0.12, heading: 0.5, pair: 0.35, cue: 0.28, missed: 0.85, opening: 0.3, subject: 0.4,
  rank: 0.15, lengthFree: 30 } as const;

/** A sentence that opens so cannot be understood without the one before it. */
export const LEANING = /^(?:it|its|they|their|them|he|his|she|her|this|that|these|those|such|both|then|here|there|in this case|otherwise|however|but|also|instead|therefore)\b/i;

/** Sorts of answer that can be seen in a text: one that shows nothing of the kind is seldom it. */
const SPECIFIC: readonly AnswerKind[] = ['person', 'time', 'number', 'measure', 'place'];

interface Prepared {
  unit: QuoteUnit;
  bag: string[];
  set: Set<string>;
  heading: Set<string>;
  /** It holds the question's words in their order: it asks, and answers nothing. */
  echo: boolean;
}

/**
 * Every unit with what speaks for it: rare question words inside it (idf over the units at hand), and at a discount in its heading, the
 * sentence before it and the rest of its passage; question words standing together as asked; the right sort of answer; being what its
 * section or its own first words are about. Long units pay.
 */
export function scoreUnits(asked: Question, units: QuoteUnit[]): UnitScores {
  const headings = new Map(units.map(({ heading }) => [heading, new Set(termsOf(heading, asked.language))]));
  const spoken = asked.spoken.join(' ');
  const prepared = units.map((unit): Prepared => {
    const bag = termsOf(unit.text, asked.language);
    const echo = asked.spoken.length >= 4 && spokenWords(unit.text).join(' ').includes(spoken);
    return { unit, bag, set: new Set(bag), heading: headings.get(unit.heading)!, echo };
  });
  const passages = new Map<number, Set<string>>();
  for (const { unit, set, heading, echo } of prepared) {
    const whole = passages.get(unit.passage) ?? new Set<string>();
    for (const term of [...(echo ? [] : set), ...heading]) whole.add(term);
    passages.set(unit.passage, whole);
  }
  const vocabulary = new Set([...passages.values()].flatMap((whole) => [...whole]));
  const question = spelledAs(asked, vocabulary);
  const rarity = new Map(question.terms.map((term) =>
    [term, Math.log(1 + units.length / (0.5 + prepared.filter(({ set }) => set.has(term)).length))]));
  const scored = prepared.map(({ unit }, at) => scoreUnit(question, prepared, at, rarity, passages.get(unit.passage)!));
  return { question, ranked: scored.sort((a, b) => b.score - a.score),
    known: new Set(question.terms.filter((term) => vocabulary.has(term))) };
}

function scoreUnit({ terms, asked }: Question, prepared: Prepared[], at: number, rarity: Map<string, number>,
  passage: Set<string>): ScoredUnit {
  const { unit, bag, set, heading, echo } = prepared[at]!;
  const before = prepared[leansOn(prepared, at)];
  const leaning = before !== undefined && (unit.kind !== 'sentence' || LEANING.test(unit.text));
  const own = new Set(terms.filter((term) => set.has(term)));
  const near = new Set(terms.filter((term) => own.has(term) || before?.set.has(term) || heading.has(term)));
  const around = new Set(terms.filter((term) => passage.has(term)));
  const count = terms.length || 1;
  const titled = terms.filter((term) => heading.has(term)).length / count;
  if (echo) return { unit, score: 0, own, near, around, titled };

  const share = (term: string): number => {
    if (own.has(term)) return 1;
    if (heading.has(term)) return WEIGHT.heading;
    if (near.has(term)) return leaning ? WEIGHT.lean : WEIGHT.near;
    return around.has(term) ? WEIGHT.around : 0;
  };
  let found = 0;
  let whole = 0;
  for (const [term, weight] of rarity) {
    whole += weight;
    found += weight * share(term);
  }
  const together = Math.max(pairs(terms, bag), leaning ? pairs(terms, before.bag) * WEIGHT.lean : 0) / Math.max(1, count - 1);
  const sort = Math.max(...asked.map((kind) => answers(kind, unit.text, unit.kind === 'code', unit.kind === 'item')));
  const opening = titled >= 0.5 ? titled / (1 + placeUnderHeading(prepared, at)) : 0;
  const subject = terms.filter((term) => bag.slice(0, terms.length).includes(term)).length / count;
  const sum =
    found / (whole || 1) +
    WEIGHT.pair * together +
    WEIGHT.cue * sort * Math.min(1, (2 * near.size) / count) +
    WEIGHT.opening * opening +
    WEIGHT.subject * subject ** 2 -
    (WEIGHT.rank * Math.min(unit.passage, 5)) / 5;
  const length = Math.min(1, (WEIGHT.lengthFree / Math.max(1, bag.length)) ** 0.3);
  const missed = sort === 0 && SPECIFIC.some((kind) => asked.includes(kind)) ? WEIGHT.missed : 1;
  return { unit, score: sum * length * missed, own, near, around, titled };
}

/** The unit before, or for an item or row the line that leads its list; -1 where a passage begins. */
function leansOn(prepared: Prepared[], at: number): number {
  const { passage, kind, block } = prepared[at]!.unit;
  const within = (place: number): boolean => prepared[place]?.unit.passage === passage;
  let before = at - 1;
  if (kind === 'item' || kind === 'row') while (within(before) && prepared[before]!.unit.block === block) before--;
  return within(before) && prepared[before]!.unit.kind !== 'code' ? before : -1;
}

/** How many units of the same heading stand before it: what a section is about, it says first. */
function placeUnderHeading(prepared: Prepared[], at: number): number {
  const { passage, heading } = prepared[at]!.unit;
  let first = at;
  while (prepared[first - 1]?.unit.passage === passage && prepared[first - 1]!.unit.heading === heading) first--;
  return at - first;
}

/** Neighbours of the question that stand within three words of each other in the text, too. */
function pairs(terms: string[], bag: string[]): number {
  let found = 0;
  for (let at = 0; at + 1 < terms.length; at++) {
    const places = bag.flatMap((term, place) => (term === terms[at] ? [place] : []));
    if (places.some((place) => bag.slice(Math.max(0, place - 3), place + 4).includes(terms[at + 1]!))) found++;
  }
  return found;
}

/** Weights of the evidence that an answer is there at all. */
const EVIDENCE = { name: 1.5, near: 0.8, around: 0.2, score: 0.1 } as const;

/** Below this the honest answer is "I do not know". */
export const ENOUGH = 0.45;

/** A question this short says nothing without its names. */
const SHORT = 3;

/** How much of what is asked about a unit and its surroundings speak of, names counting more. */
export function evidence({ question, known }: UnitScores, { own, near, around, score }: ScoredUnit): number {
  const { terms } = question;
  const names = [...question.names];
  const named = terms.length <= SHORT ? names.every((name) => around.has(name)) : names.some((name) => known.has(name));
  if (names.length > 0 && !named) return 0;
  let sum = 0;
  let whole = 0;
  for (const term of terms) {
    const weight = question.names.has(term) ? EVIDENCE.name : 1;
    whole += weight;
    sum += weight * (own.has(term) ? 1 : near.has(term) ? EVIDENCE.near : around.has(term) ? EVIDENCE.around : 0);
  }
  return whole === 0 ? 0 : sum / whole + EVIDENCE.score * score;
}
