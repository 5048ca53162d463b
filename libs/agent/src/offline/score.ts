import { type Language, isStopWord, languageOf, stem, words } from '#kernel';
import { type Asked, answers, askedFor } from './cues.js';
import type { Unit } from './units.js';

/** The meaning-bearing words of a question, as stems of the passages' language. */
export interface Question {
  text: string;
  terms: string[];
  /** All its words: a text that holds them in this order asks the question itself, and answers nothing. */
  spoken: string[];
  /** Terms written as names or numbers: a passage without any of them speaks of something else. */
  names: Set<string>;
  asked: Asked[];
  language: Language;
}

export interface Scored {
  unit: Unit;
  score: number;
  /** Question terms found in the unit itself; there, in its heading or the sentence before; and anywhere in its passage. */
  own: Set<string>;
  near: Set<string>;
  around: Set<string>;
}

/** Words that ask rather than mean: "what does the guide say about …", "give me the name of …". */
const ASKING = new Set('say says said tell show give explain describe mean name called call kind type sort many much long please want need know think document documents docs documentation according thing way something'.split(' '));

/** What each part of the evidence is worth; tuned on 322 questions over 60 paragraphs (bench offline). */
const WEIGHT = { near: 0.45, lean: 0.8, around: 0.12, heading: 0.5, pair: 0.35, cue: 0.28, missed: 0.85, opening: 0.3, echo: 0.2, rank: 0.06, lengthFree: 30 } as const;

/** `text` decides what is asked, `context` (the text with what a follow-up left out) which words it is about. */
export function readQuestion(text: string, context: string, sample: string, dropped: ReadonlySet<string> = ASKING): Question {
  const found = words(context);
  const language = languageOf(words(sample)) ?? languageOf(found) ?? 'en';
  const list: string[] = [];
  const names = new Set<string>();
  for (const { text: word, start, end } of found) {
    if (isStopWord(word, language) || dropped.has(word)) continue;
    const term = stem(word, language);
    if (!list.includes(term)) list.push(term);
    const written = context.slice(start, end);
    if (start < text.length && ((start > 0 && /^\p{Lu}/u.test(written)) || /\d/.test(written))) names.add(term);
  }
  return { text, terms: list, spoken: wordsOf(text), names, asked: askedFor(text), language };
}

function wordsOf(text: string): string[] {
  return words(text).map((word) => word.text);
}

export function termsOf(text: string, language: Language): string[] {
  return words(text).filter(({ text: word }) => !isStopWord(word, language)).map(({ text: word }) => stem(word, language));
}

/**
 * Every unit with what speaks for it: rare question words inside it (idf over the units at hand), and at a discount in its heading, the
 * sentence before it and the rest of its passage; question words standing together as asked; the right sort of answer. Long units pay.
 */
export function scoreUnits(question: Question, units: Unit[]): Scored[] {
  const bags = units.map((unit) => termsOf(unit.text, question.language));
  const sets = bags.map((bag) => new Set(bag));
  const headings = new Map(units.map((unit) => [unit.heading, new Set(termsOf(unit.heading, question.language))]));
  const passages = new Map<number, Set<string>>();
  units.forEach((unit, at) => {
    const whole = passages.get(unit.passage) ?? new Set<string>();
    for (const term of [...sets[at]!, ...headings.get(unit.heading)!]) whole.add(term);
    passages.set(unit.passage, whole);
  });
  const asked = spelled(question, passages);
  const rarity = new Map(asked.map((term) => [term, Math.log(1 + units.length / (0.5 + sets.filter((set) => set.has(term)).length))]));
  const total = [...rarity.values()].reduce((sum, one) => sum + one, 0) || 1;
  return units.map((unit, at) => {
    const lean = leansOn(units, at);
    const before = lean < 0 ? undefined : sets[lean];
    const leaning = before && (unit.kind !== 'sentence' || LEANING.test(unit.text));
    const heading = headings.get(unit.heading)!;
    const own = new Set(asked.filter((term) => sets[at]!.has(term)));
    const near = new Set(asked.filter((term) => own.has(term) || before?.has(term) || heading.has(term)));
    const around = new Set(asked.filter((term) => passages.get(unit.passage)!.has(term)));
    let found = 0;
    for (const [term, weight] of rarity) {
      if (own.has(term)) found += weight;
      else if (heading.has(term)) found += weight * WEIGHT.heading;
      else if (near.has(term)) found += weight * (leaning ? WEIGHT.lean : WEIGHT.near);
      else if (around.has(term)) found += weight * WEIGHT.around;
    }
    const sort = cue(question.asked, unit);
    const fit = sort * Math.min(1, (2 * near.size) / (asked.length || 1));
    const together = Math.max(pairs(asked, bags[at]!), leaning ? pairs(asked, bags[lean]!) * WEIGHT.lean : 0) / Math.max(1, asked.length - 1);
    const titled = asked.filter((term) => heading.has(term)).length / (asked.length || 1);
    const opening = titled >= 0.5 ? titled / (1 + placeUnderHeading(units, at)) : 0;
    const sum = found / total + WEIGHT.pair * together + WEIGHT.cue * fit + WEIGHT.opening * opening - (WEIGHT.rank * Math.min(unit.passage, 5)) / 5;
    const length = Math.min(1, (WEIGHT.lengthFree / Math.max(1, bags[at]!.length)) ** 0.3);
    const missed = sort === 0 && SPECIFIC.some((kind) => question.asked.includes(kind)) ? WEIGHT.missed : 1;
    const echo = question.spoken.length >= 4 && wordsOf(unit.text).join(' ').includes(question.spoken.join(' ')) ? WEIGHT.echo : 1;
    return { unit, score: sum * length * missed * echo, own, near, around };
  });
}

/** A sentence that opens so cannot be understood without the one before it. */
export const LEANING = /^(?:it|its|they|their|them|he|his|she|her|this|that|these|those|such|both|then|here|there|in this case|otherwise|however|but|also|instead|therefore)\b/i;

/** Sorts of answer that can be seen in a text: one that shows nothing of the kind is seldom it. */
const SPECIFIC: readonly Asked[] = ['person', 'time', 'number', 'measure', 'place'];

/** The unit before, or for an item or row the line that leads its list; -1 where a passage begins. */
function leansOn(units: Unit[], at: number): number {
  const { passage, kind, block } = units[at]!;
  let before = at - 1;
  if (kind === 'item' || kind === 'row') while (before >= 0 && units[before]!.passage === passage && units[before]!.block === block) before--;
  return before >= 0 && units[before]!.passage === passage ? before : -1;
}

/** How many units of the same heading stand before it: what a section is about, it says first. */
function placeUnderHeading(units: Unit[], at: number): number {
  let before = at;
  while (before > 0 && units[before - 1]!.passage === units[at]!.passage && units[before - 1]!.heading === units[at]!.heading) before--;
  return at - before;
}

/** Weights of the evidence that an answer is there at all; below `ENOUGH` the honest answer is "I do not know". */
const EVIDENCE = { name: 1.5, near: 0.8, around: 0.2, score: 0.2 } as const;
export const ENOUGH = 0.5;

/** How much of what is asked about the best unit and its surroundings speak of, names counting more. */
export function evidence(question: Question, { own, near, around, score }: Scored): number {
  const known = [...question.names].filter((name) => around.has(name)).length;
  if (question.names.size > 0 && known < (question.terms.length <= 3 ? question.names.size : 1)) return 0;
  let sum = 0;
  let whole = 0;
  for (const term of question.terms) {
    const weight = question.names.has(term) ? EVIDENCE.name : 1;
    whole += weight;
    sum += weight * (own.has(term) ? 1 : near.has(term) ? EVIDENCE.near : around.has(term) ? EVIDENCE.around : 0);
  }
  return whole === 0 ? 0 : sum / whole + EVIDENCE.score * score;
}

/**
 * The question's terms as the passages spell them: one no passage holds is taken for the nearest akin to it ("kubernets" for
 * "kubernetes", "authentication" for "authenticate"). The question is changed in place, so that the evidence counts the same terms.
 */
function spelled(question: Question, passages: Map<number, Set<string>>): string[] {
  const vocabulary = new Set([...passages.values()].flatMap((whole) => [...whole]));
  question.terms = [...new Set(question.terms.map((term) => {
    if (vocabulary.has(term) || term.length < 6 || /\d/.test(term)) return term;
    const kin = [...vocabulary].filter((known) => akin(term, known)).sort((a, b) => shared(term, b) - shared(term, a) || a.length - b.length);
    const found = kin[0] ?? term;
    if (found !== term && question.names.delete(term)) question.names.add(found);
    return found;
  }))];
  return question.terms;
}

/** One letter more, less or other, or the same first seven letters. */
function akin(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 4) return false;
  const at = shared(a, b);
  if (at >= 7) return true;
  if (Math.abs(a.length - b.length) > 1) return false;
  const [restA, restB] = a.length === b.length ? [a.slice(at + 1), b.slice(at + 1)] : a.length > b.length ? [a.slice(at + 1), b.slice(at)] : [a.slice(at), b.slice(at + 1)];
  return restA === restB;
}

function shared(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

function cue(asked: Asked[], unit: Unit): number {
  return Math.max(...asked.map((kind) => answers(kind, unit.text, unit.kind === 'code', unit.kind === 'item')));
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
