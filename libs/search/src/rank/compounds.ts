import { type Language, stem } from '#platform/text';

/** Languages that write compounds as one word. */
const COMPOUNDING: readonly Language[] = ['de', 'nl', 'sv', 'da', 'no', 'fi'];
const SHORTEST_PART = 4;
/** Between the parts (Kündigung-s-frist, Stunden-plan, Tag-es-licht). */
const LINKS = ['s', 'n', 'e', 'es', 'en', 'er'];

export function compounding(languages: readonly Language[]): Language[] {
  return languages.filter((language) => COMPOUNDING.includes(language));
}

/** A word cut in two. */
export interface Split {
  /** Stems its first part may be known by, with and without the letters that link it. */
  first: string[];
  /** Stems of its second part, which says what it is. */
  second: string[];
}

/** Every way to read a word as a compound of two, the most even first. */
export function splits(word: string, languages: readonly Language[]): Split[] {
  const stems = (part: string): string[] => [...new Set(languages.map((language) => stem(part, language)))];
  const cuts = Array.from({ length: Math.max(0, word.length - 2 * SHORTEST_PART + 1) }, (_, at) => at + SHORTEST_PART);
  return cuts.sort((a, b) => Math.abs(a - word.length / 2) - Math.abs(b - word.length / 2)).map((at) => {
    const first = word.slice(0, at);
    const bare = LINKS.filter((link) => first.endsWith(link) && first.length - link.length >= SHORTEST_PART)
      .map((link) => first.slice(0, -link.length));
    return { first: [...new Set([first, ...bare].flatMap(stems))], second: stems(word.slice(at)) };
  });
}
