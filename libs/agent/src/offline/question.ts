import { isFunctionWord, type Language, languageOf, stem, words } from '#platform/text';
import { type AnswerKind, askedFor } from './kinds.js';

/** What is asked, as it can be looked for in passages. */
export interface Question {
  text: string;
  /** Its meaning-bearing words, as stems of the passages' language, each once. */
  terms: string[];
  /** Terms of earlier turns that it leaves out. */
  carried: string[];
  /** Terms written as names or numbers: a text without them may speak of something else. */
  names: Set<string>;
  /** All its words, in order. */
  spoken: string[];
  asked: AnswerKind[];
  language: Language;
}

/** Words that ask rather than mean: "what does the guide say about …", "give me the name of …". */
const ASKING: ReadonlySet<string> = new Set(('say says said tell show give explain describe mean name called call kind type sort many '
  + 'much long tall high far old large big deep wide please want need know think document documents docs documentation according thing way '
  + 'something back regarding lange hoch weit alt groß bitte sagen wissen').split(' '));

/** What is longer is no question: its beginning is read. */
const READ = 2_000;
const MOST_TERMS = 40;

/** `sample` is text of the passages: in its language the words are looked for. `carried` are words of the turns before. */
export function readQuestion(whole: string, carried: readonly string[], sample: string, dropped: ReadonlySet<string> = ASKING): Question {
  const text = whole.slice(0, READ);
  const found = words(text);
  const language = languageOf(words(sample)) ?? languageOf(found) ?? 'en';
  const terms = new Set<string>();
  const names = new Set<string>();
  for (const { text: word, start, end } of found) {
    if (isFunctionWord(word, language) || dropped.has(word)) continue;
    const term = stem(word, language);
    if (terms.size >= MOST_TERMS) break;
    terms.add(term);
    const written = text.slice(start, end);
    if ((start > 0 && /^\p{Lu}/u.test(written)) || /\d/.test(written)) names.add(term);
  }
  const before = carried.filter((word) => !isFunctionWord(word, language) && !dropped.has(word)).map((word) => stem(word, language));
  return { text, terms: [...terms], carried: [...new Set(before)].filter((term) => !terms.has(term)), names,
    spoken: found.map((word) => word.text), asked: askedFor(text), language };
}

export function termsOf(text: string, language: Language): string[] {
  return words(text).filter(({ text: word }) => !isFunctionWord(word, language)).map(({ text: word }) => stem(word, language));
}

/**
 * The question with its terms as the passages spell them: one that no passage holds is taken for the nearest akin to it ("kubernets" for
 * "kubernetes", "Victoria" for "Victorian"), never for another word ("invented" for "invested").
 */
export function spelledAs(question: Question, vocabulary: ReadonlySet<string>): Question {
  const spelled = new Map(question.terms.map((term) => [term, nearest(term, vocabulary)]));
  return { ...question, terms: [...new Set(spelled.values())],
    names: new Set([...question.names].map((name) => spelled.get(name) ?? name)) };
}

function nearest(term: string, vocabulary: ReadonlySet<string>): string {
  if (vocabulary.has(term) || term.length < 6 || /[^\p{L}]/u.test(term)) return term;
  const kin = [...vocabulary].filter((known) => akin(term, known));
  return kin.sort((a, b) => shared(term, b) - shared(term, a) || a.length - b.length || (a < b ? -1 : 1))[0] ?? term;
}

/** The same first seven letters; or a letter left out, doubled or swapped inside, and in long words another one. */
function akin(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 4) return false;
  const at = shared(a, b);
  if (at >= 7) return true;
  if (at === 0 || a.at(-1) !== b.at(-1) || b.length < 6) return false;
  if (Math.abs(a.length - b.length) === 1)
    return a.slice(a.length < b.length ? at : at + 1) === b.slice(b.length < a.length ? at : at + 1);
  if (a.length !== b.length) return false;
  const swapped = a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
  return swapped || (a.length >= 8 && a.slice(at + 1) === b.slice(at + 1));
}

function shared(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}
