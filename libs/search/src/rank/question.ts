import { isStopWord, type Language, languageOf, stem, words } from '#platform/text';
import { MAX_TERM } from './passage-terms.js';

/** One word of a question, in all the forms under which documents of the tenant's languages may be indexed. */
export interface Asked {
  /** As it was typed, folded. */
  word: string;
  forms: string[];
  /** How much it counts beside the other words. */
  weight: number;
}

/**
 * The words a question is looked up by, in order, without its stop words; all of them where it has no others ("who" of a band). Which
 * language a few keywords are in often cannot be told, so each word is stemmed by the rules of the question's language and of every
 * language the tenant has documents in.
 */
export function askedWords(text: string, documentLanguages: Language[]): Asked[] {
  const found = words(text);
  const told = languageOf(found);
  const languages = [...new Set([...(told ? [told] : []), ...documentLanguages,
    ...(told || documentLanguages.length > 0 ? [] : (['en'] as Language[]))])].slice(0, MAX_LANGUAGES);
  // "dog" alone reads as a Danish stop word, and is none where nothing is Danish.
  const stops = told && (documentLanguages.length === 0 || documentLanguages.includes(told) || found.length >= SENTENCE) ? told
    : documentLanguages[0] ?? languages[0]!;
  const meant = found.filter(({ text: word }) => !isStopWord(word, stops));
  const asked = new Map<string, Asked>();
  for (const { text: word } of meant.length > 0 ? meant : found) {
    const forms = [...new Set(languages.map((language) => stem(word, language).slice(0, MAX_TERM)))];
    const known = asked.get(forms[0]!);
    if (known) known.weight += 1;
    else if (asked.size < MAX_WORDS) asked.set(forms[0]!, { word, forms, weight: 1 });
  }
  return [...asked.values()];
}

const MAX_WORDS = 64;
/** Words from which on a question's language is told by itself. */
const SENTENCE = 4;
const MAX_LANGUAGES = 4;
