import { isStopWord, type Language, languageOf, stem, words } from '#platform/text';
import { type AnswerKind, askedFor } from './cues.js';

/** What is asked, as it can be looked for in passages. */
export interface Question {
  /** The meaning-bearing words, as stems of the passages' language. */
  terms: string[];
  /** Terms written as names or numbers: a text without them speaks of something else. */
  names: Set<string>;
  /** All its words, in order. */
  spoken: string[];
  asked: AnswerKind[];
  language: Language;
}

/** Words that ask rather than mean: "what does the guide say about …", "give me the name of …". */
const ASKING: ReadonlySet<string> = new Set('say says said tell show give explain describe mean name called call kind type sort many ' +
  'much long please want need know think document documents docs documentation according thing way something'.split(' '));

/**
 * `text` decides what is asked, `context` (the text with what a follow-up left out) what it is about, `sample` in what language to look.
 */
export function readQuestion(text: string, context: string, sample: string, dropped: ReadonlySet<string> = ASKING): Question {
  const found = words(context);
  const language = languageOf(words(sample)) ?? languageOf(found) ?? 'en';
  const terms: string[] = [];
  const names = new Set<string>();
  for (const { text: word, start, end } of found) {
    if (isStopWord(word, language) || dropped.has(word)) continue;
    const term = stem(word, language);
    if (!terms.includes(term)) terms.push(term);
    const written = context.slice(start, end);
    if (start < text.length && ((start > 0 && /^\p{Lu}/u.test(written)) || /\d/.test(written))) names.add(term);
  }
  return { terms, names, spoken: spokenWords(text), asked: askedFor(text), language };
}

export function spokenWords(text: string): string[] {
  return words(text).map((word) => word.text);
}

export function termsOf(text: string, language: Language): string[] {
  return words(text).filter(({ text: word }) => !isStopWord(word, language)).map(({ text: word }) => stem(word, language));
}

/**
 * The question with its terms as the passages spell them: one that no passage holds is taken for the nearest akin to it ("kubernets" for
 * "kubernetes", "Victoria" for "Victorian").
 */
export function spelledAs(question: Question, vocabulary: ReadonlySet<string>): Question {
  const spelled = new Map(question.terms.map((term) => [term, nearest(term, vocabulary)]));
  return { ...question, terms: [...new Set(spelled.values())],
    names: new Set([...question.names].map((name) => spelled.get(name) ?? name)) };
}

function nearest(term: string, vocabulary: ReadonlySet<string>): string {
  if (vocabulary.has(term) || term.length < 6 || /\d/.test(term)) return term;
  const kin = [...vocabulary].filter((known) => akin(term, known));
  return kin.sort((a, b) => shared(term, b) - shared(term, a) || a.length - b.length || (a < b ? -1 : 1))[0] ?? term;
}

/** One letter more, less or other, or the same first seven letters. */
function akin(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 4) return false;
  const at = shared(a, b);
  if (at >= 7) return true;
  if (Math.abs(a.length - b.length) > 1) return false;
  return a.slice(a.length < b.length ? at : at + 1) === b.slice(b.length < a.length ? at : at + 1);
}

function shared(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}
