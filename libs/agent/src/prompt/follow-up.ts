import { isFunctionWord, languageOf, stem, words } from '#platform/text';

/** One way to read a question: by its own words, or with words of the turns before that it may leave out. */
export interface Reading {
  text: string;
  /** Words of earlier turns, nearest first; none where it stands alone. */
  carried: string[];
}

interface Turn {
  role: 'user' | 'assistant';
  content: string;
}

/** What a reading found: the texts of its passages, best first. */
export interface Found {
  text: string;
  heading: string | null;
  documentName: string;
}

/** Words that point back at what was said before. */
const POINTING = new Set([
  'it its they them their theirs that this these those he him his she her hers there then one ones same such else another other instead',
  'former latter both either neither so er sie es ihn ihm ihr ihre dort das dies diese dieser dieses dann damit davon dafür so',
  'il elle ils elles lui leur ça cela ceci y en ello eso esto ese esa él ella eso',
].join(' ').split(' '));

/** Openings that go on with the topic, or turn to another: "and on Windows?", "what about Redis?". */
const CONTINUING = new RegExp(String.raw`^\s*(?:${[
  String.raw`and|or|but|so|also|then|what about|how about|as for|regarding|back to|what else|why(?: not)?(?=\s*\?)|how so|how come|such as`,
  'for example|tell me more(?: about)?|more(?: details?)?(?: about| on)?|go on|continue|explain|und|oder|aber|also|(?:und )?was ist mit',
  String.raw`wie ist es mit|et|mais|ou|alors|qu['’]en est-il de|y|o|pero|e`,
].join('|')})(?![\p{L}\p{N}'’-])[\s,:]*`, 'iu');

const PERSON = /(?<!\p{L})(?:he|him|his|she|her|hers|they|them|their|er|ihn|ihm|ihr|il|elle|lui|él|ella)(?!\p{L})/iu;

/** Characters that are read of a question or answer. */
const READ = 2_000;
const MAX_CARRIED = 12;
/** A question of no more meaning-bearing words may leave something out even where no word points back. */
const BRIEF = 2;

/**
 * The ways to read a question: alone, and, where it points back, goes on or is brief, with the meaning-bearing words of the questions
 * before it, nearest first. Both are to be searched; `isFollowUp` then decides by what they find.
 */
export function readings(question: string, history: readonly Turn[]): [Reading] | [Reading, Reading] {
  const alone = { text: question, carried: [] };
  if (history.length === 0 || !mayFollowUp(question)) return [alone];
  const carried = carriedWords(question, history);
  return carried.length === 0 ? [alone] : [alone, { text: question, carried }];
}

export function queryOf({ text, carried }: Reading): string {
  return [text, ...carried].join(' ');
}

/**
 * Whether a question goes on with the turns before, judged by what its own words find with them and without. It stands alone where it
 * finds more of its own words alone; where it has none, or finds as many in a passage that speaks of the turns before, it follows them.
 */
export function isFollowUp({ text, carried }: Reading, alone: readonly Found[], together: readonly Found[]): boolean {
  const own = meaningful(text.replace(CONTINUING, ''));
  if (own.length === 0) return true;
  const [top] = together;
  if (!top) return false;
  const subject = bestHeld([top], carried) / carried.length;
  if (alone[0]?.text === top.text) return subject >= (points(text) ? 0.3 : 0.5);
  const [there, here] = [bestHeld([top], own), bestHeld(alone.slice(0, 3), own)];
  if (there === 0) return here === 0 && !pointsNowhere(text);
  if (there >= here) return subject > 0;
  // One word less of its own is made up for by the subject that it only points at.
  return points(text) && here - there <= 1 && own.length <= 3 && subject >= 0.5;
}

function pointsNowhere(text: string): boolean {
  return !points(text) && !CONTINUING.test(text);
}

function points(text: string): boolean {
  return words(text.slice(0, READ)).some(({ text: word }) => POINTING.has(word));
}

function mayFollowUp(question: string): boolean {
  return CONTINUING.test(question) || points(question) || meaningful(question).length <= BRIEF;
}

function carriedWords(question: string, history: readonly Turn[]): string[] {
  const own = new Set(meaningful(question));
  const carried = new Set<string>();
  const carry = (list: string[]): void => {
    for (const word of list) if (!own.has(word) && carried.size < MAX_CARRIED) carried.add(word);
  };
  const questions = history.filter(({ role }) => role === 'user').map(({ content }) => content.slice(0, 1_000)).reverse();
  for (const before of questions.slice(0, 3)) {
    carry(meaningful(before.replace(CONTINUING, '')));
    if (!mayFollowUp(before)) break;
  }
  if (PERSON.test(question) || carried.size === 0) carry(names(history.findLast(({ role }) => role === 'assistant')?.content ?? ''));
  return [...carried];
}

/** The most of these words that one of the passages holds. */
function bestHeld(found: readonly Found[], wanted: readonly string[]): number {
  return Math.max(0, ...found.map(({ text, heading, documentName }) => {
    const said = words(`${documentName} ${heading ?? ''} ${text}`);
    const language = languageOf(said) ?? 'en';
    const held = new Set(said.map((word) => stem(word.text, language)));
    return wanted.filter((word) => held.has(stem(word, language))).length;
  }));
}

/** Words a search can find something by, in order, each once. */
function meaningful(text: string): string[] {
  const found = words(text.slice(0, READ));
  const language = languageOf(found) ?? 'en';
  const each = [...new Set(found.map((word) => word.text))];
  return each.filter((word) => !/^[a-z]$/.test(word) && !isFunctionWord(word, language) && !POINTING.has(word) && !MEASURES.has(word));
}

/** They say what sort of answer is wanted, and no document need hold them: "how long is it?" */
const MEASURES = new Set(('many much long tall high far old large big deep wide expensive lange hoch weit alt groß teuer longtemps '
  + 'grand haut take takes mean means please tell know say show give explain').split(' '));

/** Names in running text: capitalised inside a sentence, or written as code (ATOLL_URL_SEARCH, `npm run ask`); none of our own note. */
function names(text: string): string[] {
  const first = text.slice(0, READ).split(/\n+/).filter((line) => !/^_.*_$/u.test(line)).join('\n').slice(0, 400);
  const found = first.matchAll(/(?<=[\p{Ll}\p{N},;:]\s)\p{Lu}[\p{L}\p{N}_-]{2,}|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|`[^`\n]{2,40}`/gu);
  return [...new Set([...found].map(([name]) => name.replaceAll('`', '')))].slice(0, 4);
}
