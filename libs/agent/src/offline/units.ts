import { sentences } from '#kernel';

/** A piece of a passage that can be quoted by itself. */
export interface Unit {
  /** Index of its passage, and its place inside it. */
  passage: number;
  order: number;
  /** `lead`: a sentence that ends in a colon and belongs to what follows it. */
  kind: 'sentence' | 'lead' | 'item' | 'code' | 'row';
  text: string;
  /** Headings above it: the passage's own and those inside its text. */
  heading: string;
  /** Units of one block (a list, a paragraph, a code block) share its number. */
  block: number;
}

const FENCE = /^\s*(?:```|~~~)/;
const HEADING = /^\s*#{1,6}\s+(.+?)\s*#*\s*$/;
const ITEM = /^\s*(?:[-*+•–]|\d{1,3}[.)])\s+\S/;
const ROW = /^\s*\|.*\|\s*$/;
const RULE = /^\s*(?:\|?\s*:?-{2,}:?\s*)+\|?\s*$/;
/** A line of a shell or a settings file that lost its fence on the way through text extraction. */
const COMMAND = /^\s*(?:\$ \S|(?:npm|npx|node|curl|docker|git|kubectl|helm|pip|cd|export|sudo) \S.*|[A-Z][A-Z0-9_]{3,}=\S*.*)$/;

/** The quotable pieces of a passage, in order. */
export function unitsOf(text: string, passage: number, heading: string | null): Unit[] {
  const units: Unit[] = [];
  let above = heading ?? '';
  let block = 0;
  let open: { kind: 'sentence' | 'code'; lines: string[]; fenced: boolean } | null = null;

  const add = (kind: Unit['kind'], body: string): void => {
    if (body.trim() !== '') units.push({ passage, order: units.length, kind, text: body, heading: above, block });
  };
  const close = (): void => {
    if (open?.kind === 'code') add('code', open.lines.join('\n'));
    else if (open) for (const sentence of sentences(open.lines.join('\n'))) add(sentence.text.endsWith(':') ? 'lead' : 'sentence', sentence.text.replace(/\s*\n\s*/g, ' '));
    if (open) block++;
    open = null;
  };
  const start = (kind: 'sentence' | 'code', fenced = false): { lines: string[] } => {
    if (open?.kind !== kind || open.fenced !== fenced) {
      close();
      open = { kind, lines: [], fenced };
    }
    return open;
  };

  let last: 'item' | 'row' | 'other' = 'other';
  for (const line of text.split('\n')) {
    const now = open as { kind: string; fenced: boolean } | null;
    if (FENCE.test(line)) {
      if (now?.fenced) close();
      else {
        close();
        start('code', true);
      }
      last = 'other';
    } else if (now?.fenced) {
      start('code', true).lines.push(line);
    } else if (line.trim() === '') {
      close();
    } else if (HEADING.test(line)) {
      close();
      const title = HEADING.exec(line)![1]!;
      if (!above.includes(title)) above = heading ? `${heading} › ${title}` : title;
      block++;
      last = 'other';
    } else if (ITEM.test(line)) {
      close();
      if (last !== 'item') block++;
      add('item', line.trim());
      last = 'item';
    } else if (ROW.test(line)) {
      close();
      if (last !== 'row') block++;
      if (!RULE.test(line)) add('row', line.trim());
      last = 'row';
    } else if (COMMAND.test(line)) {
      start('code').lines.push(line.trim());
      last = 'other';
    } else if (last === 'item' && /^\s{2,}\S/.test(line) && !now) {
      const item = units.at(-1)!;
      item.text += ` ${line.trim()}`;
    } else {
      start('sentence').lines.push(line.trim());
      last = 'other';
    }
  }
  close();
  return units;
}
