import { WHITE, alike } from './colour.js';
import { type Box, type Character, type Drawing, DrawingReader, type Fill, type Ops, type TextRun } from './pdf-drawing.js';

/** A stretch of text on a page that is not to be read as it stands: nobody sees it, or it is struck through. */
export interface Mark {
  kind: 'hidden' | 'struck';
  text: string;
  x: number;
  y: number;
  end: number;
  size: number;
}

/** Thinner than this share of the text is a line through it, lower or higher a line under or over it. */
const LINE = 0.16;
const MIDDLE = [0.12, 0.55] as const;

/**
 * Finds what a reader of a page does not see: invisible or tiny text, text of the colour of its ground, under something, outside of the
 * page or in a layer that is off; and what a line goes through. Invisible text over a picture is what text recognition adds to a scan,
 * and stays.
 */
export function marksOf(drawing: Drawing, ops: Ops, page: Box, isOff: (group: unknown) => boolean, struckOut: Box[]): Mark[] {
  const reader = new DrawingReader(ops, isOff);
  reader.read(drawing);
  const { runs, fills, pictures } = reader;
  const scanned = pictures.length > 0 && runs.every(({ state }) => state.mode === 3);
  const lines: Box[] = [...fills.filter(({ box }) => box[3] - box[1] < 3 && box[2] - box[0] > 3).map(({ box }) => box), ...reader.strokes];
  return runs.flatMap((run): Mark[] => {
    if (run.characters.every(({ text }) => text.trim() === '')) return [];
    if (isUnseen(run, fills, pictures, page, scanned)) return [markOf('hidden', run, run.characters)];
    const struck = run.characters.filter((one) => isStruck(one, run, lines, struckOut));
    return struck.length > 0 ? [markOf('struck', run, struck)] : [];
  });
}

function markOf(kind: Mark['kind'], { y, size }: TextRun, characters: Character[]): Mark {
  return { kind, text: characters.map(({ text }) => text).join(''), x: characters[0]!.x, end: characters.at(-1)!.end, y, size };
}

function isUnseen(run: TextRun, fills: Fill[], pictures: Box[], page: Box, scanned: boolean): boolean {
  const { state, y, size, characters } = run;
  const [x, end] = [Math.min(characters[0]!.x, characters.at(-1)!.end), Math.max(characters[0]!.x, characters.at(-1)!.end)];
  const middle: [number, number] = [(x + end) / 2, y + size * 0.3];
  if (run.off || size < 1.3 || state.alpha < 0.05) return true;
  if (end < page[0] || x > page[2] || y > page[3] || y + size < page[1]) return true;
  const onPicture = pictures.some((box) => holds(box, middle));
  if (state.mode === 3 || state.mode === 7) return !(onPicture || scanned);
  if (fills.some(({ box, order, opaque }) => opaque && order > run.order && box[0] <= x + 1 && box[2] >= end - 1 && box[1] <= y &&
    box[3] >= y + size * 0.6))
    return true;
  const ground = fills.findLast(({ box, order }) => order < run.order && holds(box, middle));
  if (!ground && onPicture) return false;
  const under = ground ? ground.colour : WHITE;
  return state.mode !== 1 && under !== undefined && state.colour !== undefined && alike(state.colour, under);
}

function isStruck({ text, x, end }: Character, { y, size }: TextRun, lines: Box[], struckOut: Box[]): boolean {
  const middle = (x + end) / 2;
  if (text.trim() === '') return false;
  return struckOut.some((box) => holds(box, [middle, y + size * 0.3])) || lines.some((box) =>
    middle > box[0] && middle < box[2] && box[3] - box[1] < size * LINE && (box[1] + box[3]) / 2 > y + size * MIDDLE[0] &&
      (box[1] + box[3]) / 2 < y + size * MIDDLE[1]);
}

function holds([left, bottom, right, top]: Box, [x, y]: [number, number]): boolean {
  return x >= left && x <= right && y >= bottom && y <= top;
}
