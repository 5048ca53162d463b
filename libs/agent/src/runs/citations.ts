import type { Citation } from '#memory';
import type { Passage } from '#search';
import { citationMarks } from './citation-marks.js';

const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;
/** Shorter quotes are found by chance. */
const SHORTEST_QUOTE = 12;

/**
 * The passages an answer cites, each number once, in the order of their first mention. Where the words before a number stand in its
 * passage as they are, the citation points at just these; otherwise at the whole passage.
 */
export function citationsOf(answer: string, shown: Passage[]): Citation[] {
  const found = new Map<number, Citation>();
  const prose = answer.replace(CODE, (code) => '\u0000'.repeat(code.length));
  let from = 0;
  for (const { start, end, numbers } of citationMarks(prose, shown.length)) {
    const said = answer.slice(from, start);
    from = end;
    for (const marker of numbers) {
      if (!found.has(marker)) found.set(marker, cite(marker, shown[marker - 1]!, said));
    }
  }
  return [...found.values()];
}

function cite(marker: number, { documentId, documentName, chunkId, heading, page, start, end, text }: Passage, said: string): Citation {
  const place = { marker, documentId, documentName, chunkId, heading, page };
  const span = text.length === end - start ? locate(text, said) : null;
  if (!span) return { ...place, start, end, text };
  return { ...place, start: start + span.start, end: start + span.end, text: text.slice(span.start, span.end) };
}

/** The longest of what was said, as whole lines or sentences, that stands in the text word for word, whatever the white space. */
function locate(text: string, said: string): { start: number; end: number } | null {
  const paragraph = said.split(/\n{2,}/).map((part) => part.trim()).filter((part) => part !== '');
  for (const candidate of [said.trim(), paragraph.at(-1) ?? '', paragraph.at(-1)?.split('\n').at(-1) ?? '']) {
    const words = candidate.split(/\s+/).filter((word) => word !== '' && word !== '```');
    if (words.join(' ').length < SHORTEST_QUOTE) continue;
    const match = new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('\\s+')).exec(text);
    if (match) return { start: match.index, end: match.index + match[0].length };
  }
  return null;
}
