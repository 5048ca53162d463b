import { endOfTokens, estimateTokens, sentences } from '#platform/text';
import type { ParsedDocument } from '../parse/parsed-document.js';
import { type Section, sectionsOf } from './sections.js';
import { CHUNK_SIZES, type ChunkSizes } from './sizes.js';

/** A passage: a stretch of the extracted text that is found and cited as one. `text` is exactly the document's text from start to end. */
export interface Chunk {
  start: number;
  end: number;
  text: string;
  /** Headings above, outermost first. They are indexed with the passage and not part of it. */
  headings: string[];
  page: number | null;
  /** Words that belong to the passage without standing in it: the header of a table that goes on from the passage before. */
  context: string;
}

/** A stretch that is not cut: a block, or one sentence, row or line of a block that is too long. */
interface Unit {
  start: number;
  end: number;
  tokens: number;
  page: number | null;
  context: string;
  /** Whether it may be repeated at the start of the next passage. */
  sentence: boolean;
}

export function chunk(document: ParsedDocument, sizes: ChunkSizes = CHUNK_SIZES): Chunk[] {
  return sectionsOf(document, sizes).flatMap((section) => pack(section, unitsOf(document, section, sizes), document.text, sizes));
}

function unitsOf({ text }: ParsedDocument, section: Section, sizes: ChunkSizes): Unit[] {
  return section.blocks.flatMap((block) => {
    const body = text.slice(block.start, block.end);
    const tokens = estimateTokens(body);
    const unit = { start: block.start, end: block.end, tokens, page: block.page, context: '', sentence: false };
    if (tokens <= sizes.target * 0.75) return [{ ...unit, sentence: block.kind === 'paragraph' && tokens <= sizes.overlap }];
    const lined = block.kind === 'table' || block.kind === 'code' || block.kind === 'list';
    const header = block.kind === 'table' ? body.slice(0, body.search(/\n|$/)) : '';
    return (lined ? linesOf(body) : sentences(body)).flatMap((part, index) =>
      cut(body, part.start, part.end, sizes.max).map(([from, to]) => ({
        ...unit,
        start: block.start + from,
        end: block.start + to,
        tokens: estimateTokens(body.slice(from, to)),
        context: index > 0 ? header.slice(0, 400) : '',
        sentence: !lined,
      })),
    );
  });
}

function linesOf(body: string): { start: number; end: number }[] {
  return [...body.matchAll(/[^\n]*\S[^\n]*/g)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

/** A single sentence or line longer than a passage may be is cut at spaces, or anywhere where there are none. */
function cut(body: string, start: number, end: number, max: number): [number, number][] {
  const parts: [number, number][] = [];
  let from = start;
  for (let furthest = endOfTokens(body, from, max); furthest < end; furthest = endOfTokens(body, from, max)) {
    const space = body.lastIndexOf(' ', furthest - 1);
    const to = space > from + (furthest - from) / 2 ? space + 1 : furthest;
    parts.push([from, to]);
    from = to;
  }
  parts.push([from, end]);
  return parts;
}

function pack(section: Section, units: Unit[], text: string, sizes: ChunkSizes): Chunk[] {
  const groups: Unit[][] = [];
  let size = 0;
  for (const unit of units) {
    const open = groups.at(-1);
    // A citation names one page, so no passage crosses from one to the next.
    if (open && open[0]!.page === unit.page &&
      (size < sizes.tiny || size + unit.tokens <= sizes.target || (size < sizes.target * 0.6 && size + unit.tokens <= sizes.max))) {
      open.push(unit);
      size += unit.tokens;
    } else {
      groups.push([unit]);
      size = unit.tokens;
    }
  }
  const last = groups.at(-1);
  const before = groups.at(-2);
  if (last && before && last[0]!.page === before[0]!.page && tokensOf(last) < sizes.tiny &&
    tokensOf(last) + tokensOf(before) <= sizes.max * 1.2) {
    before.push(...last);
    groups.pop();
  }
  return groups.map((group, index) => {
    const repeated = index > 0 ? groups[index - 1]!.at(-1)! : undefined;
    const start = repeated?.sentence && repeated.tokens <= sizes.overlap && group[0]!.sentence ? repeated.start : group[0]!.start;
    const from = index === 0 ? section.start : start;
    const end = group.at(-1)!.end;
    return { start: from, end, text: text.slice(from, end), headings: section.headings, page: group[0]!.page, context: group[0]!.context };
  });
}

function tokensOf(units: Unit[]): number {
  return units.reduce((sum, unit) => sum + unit.tokens, 0);
}
