import { stemmer as arabic } from '@orama/stemmers/arabic';
import { stemmer as danish } from '@orama/stemmers/danish';
import { stemmer as dutch } from '@orama/stemmers/dutch';
import { stemmer as english } from '@orama/stemmers/english';
import { stemmer as finnish } from '@orama/stemmers/finnish';
import { stemmer as french } from '@orama/stemmers/french';
import { stemmer as german } from '@orama/stemmers/german';
import { stemmer as italian } from '@orama/stemmers/italian';
import { stemmer as norwegian } from '@orama/stemmers/norwegian';
import { stemmer as portuguese } from '@orama/stemmers/portuguese';
import { stemmer as russian } from '@orama/stemmers/russian';
import { stemmer as spanish } from '@orama/stemmers/spanish';
import { stemmer as swedish } from '@orama/stemmers/swedish';
import { stemmer as turkish } from '@orama/stemmers/turkish';
import { stopwords as arabicStops } from '@orama/stopwords/arabic';
import { stopwords as danishStops } from '@orama/stopwords/danish';
import { stopwords as dutchStops } from '@orama/stopwords/dutch';
import { stopwords as englishStops } from '@orama/stopwords/english';
import { stopwords as finnishStops } from '@orama/stopwords/finnish';
import { stopwords as frenchStops } from '@orama/stopwords/french';
import { stopwords as germanStops } from '@orama/stopwords/german';
import { stopwords as italianStops } from '@orama/stopwords/italian';
import { stopwords as norwegianStops } from '@orama/stopwords/norwegian';
import { stopwords as portugueseStops } from '@orama/stopwords/portuguese';
import { stopwords as russianStops } from '@orama/stopwords/russian';
import { stopwords as spanishStops } from '@orama/stopwords/spanish';
import { stopwords as swedishStops } from '@orama/stopwords/swedish';
import { stopwords as turkishStops } from '@orama/stopwords/turkish';
import { FUNCTION_PAIR, FUNCTION_WORDS } from './function-words.js';
import { IRREGULAR } from './irregular.js';
import type { Word } from './words.js';

interface Rules {
  stem(word: string): string;
  stops: ReadonlySet<string>;
}

const rules = (stem: (word: string) => string, stops: string[], more = ''): Rules =>
  ({ stem, stops: new Set([...stops, ...more.split(/\s+/)]) });

/** ISO 639-1. Everything else is `und`: compared as written, without stemming and stop words. */
const LANGUAGES = {
  en: rules((word) => english(IRREGULAR.get(word) ?? word), englishStops, FUNCTION_WORDS.en),
  es: rules(spanish, spanishStops, FUNCTION_WORDS.es),
  de: rules(german, germanStops, FUNCTION_WORDS.de),
  fr: rules(french, frenchStops, FUNCTION_WORDS.fr),
  it: rules(italian, italianStops, FUNCTION_WORDS.it),
  pt: rules(portuguese, portugueseStops, FUNCTION_WORDS.pt),
  nl: rules(dutch, dutchStops, FUNCTION_WORDS.nl),
  sv: rules(swedish, swedishStops, FUNCTION_WORDS.sv),
  da: rules(danish, danishStops, FUNCTION_WORDS.da),
  no: rules(norwegian, norwegianStops, FUNCTION_WORDS.no),
  fi: rules(finnish, finnishStops, FUNCTION_WORDS.fi),
  tr: rules(turkish, turkishStops, FUNCTION_WORDS.tr),
  ru: rules(russian, russianStops, FUNCTION_WORDS.ru),
  ar: rules(arabic, arabicStops, FUNCTION_WORDS.ar),
  und: rules((word) => word, []),
} satisfies Record<string, Rules>;

export type Language = keyof typeof LANGUAGES;

const LATIN: Language[] = ['en', 'es', 'de', 'fr', 'it', 'pt', 'nl', 'sv', 'da', 'no', 'fi', 'tr'];

/** The languages each stop word belongs to: one that many languages have says little. */
const SPEAKERS = new Map<string, Language[]>();
for (const language of LATIN) for (const word of LANGUAGES[language].stops) SPEAKERS.set(word, [...(SPEAKERS.get(word) ?? []), language]);
/** On a list of one language, and a word that means something in others. */
for (const word of ['total', 'general', 'final', 'actual', 'use', 'ex']) SPEAKERS.delete(word);

/** Letters that few languages write. */
const LETTERS: [RegExp, Language[]][] = [
  [/ñ/, ['es']], [/ß/, ['de']], [/[ãõ]/, ['pt']], [/[êœù]/, ['fr']], [/ø/, ['da', 'no']], [/[ığş]/, ['tr']], [/ij/, ['nl']],
  [/[äü]/, ['de', 'sv', 'fi']], [/å/, ['sv', 'da', 'no']],
];

/** Nearly one stop word that is a single language's, or as much of shared ones. */
const ENOUGH = 0.8;

/**
 * The language of a text, by script and then by its stop words and letters, each counting less the more languages share it. Null when too
 * little speaks for any (a few keywords): the caller then decides by what it knows of the documents.
 */
export function languageOf(found: readonly Word[]): Language | null {
  const sample = found.slice(0, 400);
  let latin = 0, cyrillic = 0, arabic = 0, other = 0;
  for (const { text } of sample) {
    const code = text.codePointAt(0)!;
    if ((code >= 0x61 && code <= 0x7a) || (code >= 0xdf && code < 0x250)) latin++;
    else if (code >= 0x400 && code < 0x530) cyrillic++;
    else if (code >= 0x600 && code < 0x780) arabic++;
    else if (code >= 0x370 && !(code >= 0x2190 && code < 0x2c00) && code < 0x1f000) other++;
  }
  if (arabic > latin && arabic >= cyrillic && arabic >= other) return 'ar';
  if (cyrillic > latin && cyrillic >= other) return 'ru';
  if (other > latin) return 'und';
  let best: Language | null = null;
  let most = 0;
  // Each stop word counts once: a page about Los Angeles is no Spanish one.
  const distinct = new Set(sample.map(({ text }) => text));
  const scores = new Map<Language, number>();
  const count = (languages: readonly Language[]): void => {
    for (const language of languages) scores.set(language, (scores.get(language) ?? 0) + 1 / languages.length);
  };
  for (const word of distinct) {
    count(SPEAKERS.get(word) ?? []);
    for (const [letters, languages] of LETTERS) if (letters.test(word)) count(languages);
  }
  // "Was" begins German questions before a verb, and English ones before a subject.
  if (sample[0]?.text === 'was' && /^\p{L}{2,}(?:t|en)$/u.test(sample[1]?.text ?? '') && !isStopWord(sample[1]!.text, 'en')) count(['de']);
  for (const [language, score] of scores) {
    if (score > most) [best, most] = [language, score];
  }
  return most >= ENOUGH && most / distinct.size >= 0.08 ? best : null;
}

export function isStopWord(word: string, language: Language): boolean {
  return LANGUAGES[language].stops.has(word);
}

/** Stop words, and in scripts without spaces the pairs of characters that hold grammar: what no evidence can be drawn from. */
export function isFunctionWord(word: string, language: Language): boolean {
  return isStopWord(word, language) || (language === 'und' && FUNCTION_PAIR.test(word));
}

const CACHE_LIMIT = 50_000;
const cache = new Map<Language, Map<string, string>>();

/** The form under which all inflections of a word meet: stemmed by its language's rules, then without accents. */
export function stem(word: string, language: Language): string {
  let known = cache.get(language);
  if (!known) cache.set(language, (known = new Map()));
  let form = known.get(word);
  if (form === undefined) {
    form = withoutAccents(LANGUAGES[language].stem(word).toLowerCase()) || word;
    if (known.size >= CACHE_LIMIT) known.clear();
    known.set(word, form);
  }
  return form;
}

function withoutAccents(word: string): string {
  return /^[\x00-\x7f]*$/.test(word) ? word
    : word.normalize('NFD').replace(/[\u0300-\u036f\u064b-\u0652]/g, '').replaceAll('ß', 'ss').normalize('NFC');
}
