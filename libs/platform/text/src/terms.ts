import { type Language, isStopWord, languageOf, stem } from './language.js';
import { words } from './words.js';

/** An index term with the place of the word it stands for. */
interface Term {
  term: string;
  start: number;
  end: number;
}

/** The index terms of a text in order, repeated as often as they occur: stemmed words without stop words. */
export function terms(text: string, language?: Language): string[] {
  return termSpans(text, language).map(({ term }) => term);
}

/** As `terms`, with places. The language is found from the text where none is given, English where nothing speaks for any. */
export function termSpans(text: string, language?: Language): Term[] {
  const found = words(text);
  const spoken = language ?? languageOf(found) ?? 'en';
  const result: Term[] = [];
  for (const { text: word, start, end } of found) {
    if (!isStopWord(word, spoken)) result.push({ term: stem(word, spoken), start, end });
  }
  return result;
}

/** How often each term occurs. */
export function termCounts(list: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of list) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}
