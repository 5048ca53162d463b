import { type Language, languageOf, words } from '#platform/text';
import { chunk } from '../chunk/chunk.js';
import type { ParsedDocument } from '../parse/parsed-document.js';
import type { Warning } from '../parse/warnings.js';
import { passageTerms } from '../rank/passage-terms.js';
import { type PackedPostings, packPostings } from '../rank/postings.js';

/** How much of a document is read to tell its language. */
const LANGUAGE_SAMPLE = 20_000;
/** Passages written in one unit of work: some tens of milliseconds on the embedded engine. */
export const PART = 50;

export interface PreparedPassage {
  /** Headings above, joined by ` › `. */
  heading: string | null;
  page: number | null;
  /** Character span in the document's text. */
  start: number;
  end: number;
  text: string;
  context: string;
  /** Index terms in order, parted by spaces. */
  terms: string;
  length: number;
}

/** Some passages of a document, in order, ready to be written. Few and large values: the server passes them on without looking inside. */
export interface PreparedPart {
  passages: PreparedPassage[];
  postings: PackedPostings;
}

export interface PreparedDocument {
  text: string;
  language: Language;
  pages: number | null;
  warnings: Warning[];
  parts: PreparedPart[];
}

/** Of which document, beside its text. A FAQ's name is its question, and stands above its answer. */
export interface DocumentKnown {
  kind: 'file' | 'faq';
  name: string;
}

/** Everything that takes time with the length of a text: cutting it into passages, finding its terms, counting them. */
export function prepare({ kind, name }: DocumentKnown, parsed: ParsedDocument): PreparedDocument {
  const language = spoken(kind === 'faq' ? `${name}\n${parsed.text}` : parsed.text);
  const chunks = chunk(parsed).map((one) => (kind === 'faq' ? { ...one, headings: [name] } : one));
  const parts: PreparedPart[] = [];
  for (let from = 0; from < chunks.length; from += PART) {
    const some = chunks.slice(from, from + PART).map((one) => ({ one, terms: passageTerms({ ...one, documentName: name }, language) }));
    parts.push({
      passages: some.map(({ one: { headings, page, start, end, text, context }, terms }) => ({
        heading: headings.join(' › ') || null, page, start, end, text, context, terms: terms.sequence.join(' '), length: terms.length,
      })),
      postings: packPostings(some.map(({ terms }) => terms)),
    });
  }
  return { text: parsed.text, language, pages: parsed.pages, warnings: parsed.warnings, parts };
}

/** A long text in which no language's stop words stand is in one we have no stemmer for; a short one says nothing. */
function spoken(text: string): Language {
  const found = words(text.slice(0, LANGUAGE_SAMPLE));
  return languageOf(found) ?? (found.length >= 60 ? 'und' : 'en');
}
