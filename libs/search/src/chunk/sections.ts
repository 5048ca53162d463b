import { estimateTokens } from '#platform/text';
import type { Block, ParsedDocument } from '../parse/parsed-document.js';
import type { ChunkSizes } from './sizes.js';

/** What stands under one heading, or under several tiny ones that were joined. */
export interface Section {
  headings: string[];
  /** Where its first passage begins: at the first block, or, where headings were joined, at the first of these. */
  start: number;
  blocks: Block[];
}

interface Open extends Section {
  heading: Block | null;
  tokens: number;
}

/**
 * Parts a document at its headings. A tiny section is joined with the next one under the same parent, and then holds its headings as text.
 */
export function sectionsOf(document: ParsedDocument, sizes: ChunkSizes): Section[] {
  const merged: Open[] = [];
  for (const section of split(document)) {
    const before = merged.at(-1);
    const shared = before ? common(before.headings, section.headings) : [];
    const siblings = before && shared.length >= Math.min(before.headings.length, section.headings.length) - 1 &&
      (shared.length > 0 || before.headings.length <= 1);
    if (before && siblings && before.blocks.at(-1)!.page === section.blocks[0]!.page &&
      Math.min(before.tokens, section.tokens) < sizes.tinySection && before.tokens + section.tokens <= sizes.target) {
      before.start = Math.min(before.start, before.heading?.start ?? before.start);
      before.blocks.push(...(section.heading ? [section.heading] : []), ...section.blocks);
      before.headings = shared;
      before.tokens += section.tokens;
    } else merged.push(section);
  }
  return merged;
}

function split(document: ParsedDocument): Open[] {
  const path: { level: number; text: string }[] = [];
  const sections: Open[] = [];
  let heading: Block | null = null;
  let open: Open | undefined;
  for (const block of document.blocks) {
    const text = document.text.slice(block.start, block.end);
    if (block.kind === 'heading') {
      while (path.length > 0 && path.at(-1)!.level >= block.level) path.pop();
      path.push({ level: block.level, text: text.replace(/\s+/g, ' ').slice(0, 200) });
      heading = block;
      open = undefined;
      continue;
    }
    if (!open) {
      open = { headings: path.map((part) => part.text), start: block.start, blocks: [], heading, tokens: 0 };
      sections.push(open);
    }
    open.blocks.push(block);
    open.tokens += estimateTokens(text);
  }
  // A document of nothing but headings is found by them.
  if (sections.length === 0 && document.blocks.length > 0) {
    return [{ headings: [], start: document.blocks[0]!.start, blocks: document.blocks, heading: null,
      tokens: estimateTokens(document.text) }];
  }
  return sections;
}

function common(one: string[], other: string[]): string[] {
  const end = one.findIndex((text, index) => text !== other[index]);
  return end < 0 ? one.slice() : one.slice(0, end);
}
