import { type Colour, WHITE, alike, colourOf } from './colour.js';

/** A stretch of text on a page that is not to be read as it stands: nobody sees it, or it is struck through. */
export interface Mark {
  kind: 'hidden' | 'struck';
  text: string;
  x: number;
  y: number;
  end: number;
  size: number;
}

/** Left, bottom, right, top in points; y grows upwards. */
export type Box = [number, number, number, number];
type Matrix = [number, number, number, number, number, number];

/** What is drawn on a page, as pdf.js lists it. */
export interface Drawing {
  fnArray: number[];
  argsArray: unknown[];
}

interface State {
  matrix: Matrix;
  size: number;
  leading: number;
  charSpace: number;
  wordSpace: number;
  stretch: number;
  rise: number;
  mode: number;
  colour: Colour | undefined;
  alpha: number;
}

interface Character {
  text: string;
  x: number;
  end: number;
}

interface Run {
  characters: Character[];
  y: number;
  size: number;
  order: number;
  state: State;
  /** In a layer that is switched off. */
  off: boolean;
}

interface Fill {
  box: Box;
  colour: Colour | undefined;
  opaque: boolean;
  order: number;
}

interface Glyph {
  unicode: string;
  width: number;
  isSpace?: boolean;
}

type Ops = Record<string, number>;

/** Thinner than this share of the text is a line through it, lower or higher a line under or over it. */
const LINE = 0.16;
const MIDDLE = [0.12, 0.55] as const;

/**
 * Finds what a reader of a page does not see: invisible or tiny text, text of the colour of its ground, under something, outside of the
 * page
 * or in a layer that is off; and what a line goes through. Invisible text over a picture is what text recognition adds to a scan, and
 * stays.
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

function markOf(kind: Mark['kind'], { y, size }: Run, characters: Character[]): Mark {
  return { kind, text: characters.map(({ text }) => text).join(''), x: characters[0]!.x, end: characters.at(-1)!.end, y, size };
}

function isUnseen(run: Run, fills: Fill[], pictures: Box[], page: Box, scanned: boolean): boolean {
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

function isStruck({ text, x, end }: Character, { y, size }: Run, lines: Box[], struckOut: Box[]): boolean {
  const middle = (x + end) / 2;
  if (text.trim() === '') return false;
  return struckOut.some((box) => holds(box, [middle, y + size * 0.3])) || lines.some((box) =>
    middle > box[0] && middle < box[2] && box[3] - box[1] < size * LINE && (box[1] + box[3]) / 2 > y + size * MIDDLE[0] &&
      (box[1] + box[3]) / 2 < y + size * MIDDLE[1]);
}

function holds([left, bottom, right, top]: Box, [x, y]: [number, number]): boolean {
  return x >= left && x <= right && y >= bottom && y <= top;
}

/** Follows the drawing of a page: where text comes to stand, and what is filled and stroked around it. */
class DrawingReader {
  readonly runs: Run[] = [];
  readonly fills: Fill[] = [];
  readonly strokes: Box[] = [];
  readonly pictures: Box[] = [];
  private state: State = { matrix: [1, 0, 0, 1, 0, 0], size: 0, leading: 0, charSpace: 0, wordSpace: 0, stretch: 1, rise: 0, mode: 0,
    colour: [0, 0, 0], alpha: 1 };
  private readonly stack: { state: State; order: number }[] = [];
  private text: Matrix = [1, 0, 0, 1, 0, 0];
  private line: Matrix = [1, 0, 0, 1, 0, 0];
  private readonly contents: boolean[] = [];
  private painted = 0;

  constructor(private readonly ops: Ops, private readonly isOff: (group: unknown) => boolean) {}

  read({ fnArray, argsArray }: Drawing): void {
    const names = new Map(Object.entries(this.ops).map(([name, code]) => [code, name]));
    fnArray.forEach((code, at) => this.step(names.get(code) ?? '', (argsArray[at] ?? []) as unknown[]));
  }

  private step(name: string, args: unknown[]): void {
    const { state } = this;
    const [a = 0, b = 0] = args as number[];
    switch (name) {
      case 'save': case 'paintFormXObjectBegin':
        this.stack.push({ state: { ...state }, order: this.painted });
        if (name !== 'save' && Array.isArray(args[0])) state.matrix = times(state.matrix, args[0] as Matrix);
        return;
      case 'restore': case 'paintFormXObjectEnd':
        return this.restore(name === 'restore');
      case 'transform':
        state.matrix = times(state.matrix, args as Matrix);
        return;
      case 'setGState':
        for (const [key, value] of args[0] as [string, unknown][]) if (key === 'ca') state.alpha = Number(value);
          else if (key === 'Font') state.size = Number((value as unknown[])[1]);
        return;
      case 'setFillRGBColor': case 'setFillTransparent': case 'setFillColorN':
        state.colour = name === 'setFillRGBColor' ? colourOfArgs(args) : undefined;
        return;
      case 'setFont':
        state.size = Number(args[1]);
        return;
      case 'setCharSpacing':
        state.charSpace = a;
        return;
      case 'setWordSpacing':
        state.wordSpace = a;
        return;
      case 'setHScale':
        state.stretch = a / 100;
        return;
      case 'setLeading':
        state.leading = a;
        return;
      case 'setTextRise':
        state.rise = a;
        return;
      case 'setTextRenderingMode':
        state.mode = a;
        return;
      case 'beginText':
        this.text = this.line = [1, 0, 0, 1, 0, 0];
        return;
      case 'setTextMatrix':
        this.text = this.line = (Array.isArray(args[0]) || ArrayBuffer.isView(args[0]) ? [...(args[0] as Matrix)] : args) as Matrix;
        return;
      case 'setLeadingMoveText':
        state.leading = -b;
        return this.move(a, b);
      case 'moveText':
        return this.move(a, b);
      case 'nextLine':
        return this.move(0, -state.leading);
      case 'showText':
        return this.show(args[0] as (Glyph | number)[]);
      case 'constructPath':
        return this.path(Number(args[0]), args[2] as ArrayLike<number> | null);
      case 'beginMarkedContent': case 'beginMarkedContentProps':
        this.contents.push(args[0] === 'OC' && this.isOff(args[1]));
        return;
      case 'endMarkedContent':
        this.contents.pop();
        return;
      default:
        if (name.startsWith('paintImage') || name.startsWith('paintInlineImage')) this.pictures.push(unit(state.matrix));
        if (/^(?:paint|shadingFill)/.test(name)) this.painted++;
    }
  }

  /** A picture itself is not listed, as pictures are not decoded: the place that was made for it and left empty is. */
  private restore(maybePicture: boolean): void {
    const before = this.stack.pop();
    if (!before) return;
    const box = unit(this.state.matrix);
    if (maybePicture && before.order === this.painted && box[2] - box[0] > 40 && box[3] - box[1] > 40 &&
      before.state.matrix.some((value, at) => value !== this.state.matrix[at])) this.pictures.push(box);
    this.state = before.state;
  }

  private move(x: number, y: number): void {
    this.text = this.line = times(this.line, [1, 0, 0, 1, x, y]);
  }

  private show(glyphs: (Glyph | number)[]): void {
    const { size, charSpace, wordSpace, stretch, rise, matrix } = this.state;
    const at = (x: number): [number, number] => {
      const placed = times(times(matrix, this.text), [1, 0, 0, 1, x * stretch, rise]);
      return [placed[4], placed[5]];
    };
    let x = 0;
    const characters: Character[] = [];
    for (const glyph of glyphs) {
      if (typeof glyph === 'number') {
        x -= (glyph * size) / 1000;
        continue;
      }
      if (!glyph || typeof glyph.width !== 'number') continue;
      const wide = (glyph.width * size) / 1000;
      characters.push({ text: glyph.unicode ?? '', x: at(x)[0], end: at(x + wide)[0] });
      x += wide + charSpace + (glyph.isSpace ? wordSpace : 0);
    }
    const [, y] = at(0);
    const whole = times(matrix, this.text);
    if (characters.length > 0) this.runs.push({ characters, y, size: Math.abs(size) * Math.hypot(whole[2], whole[3]), order: ++this.painted,
      state: { ...this.state }, off: this.contents.includes(true) });
    this.text = times(this.text, [1, 0, 0, 1, x * stretch, 0]);
  }

  private path(paint: number, bounds: ArrayLike<number> | null): void {
    const { ops, state } = this;
    if (paint === ops['endPath'] || !bounds) return;
    this.painted++;
    const box = boxOf(state.matrix, bounds);
    const filled = [ops['fill'], ops['eoFill'], ops['fillStroke'], ops['eoFillStroke'], ops['closeFillStroke'], ops['closeEOFillStroke']];
    if (filled.includes(paint)) this.fills.push({ box, colour: state.alpha < 0.6 ? undefined : state.colour, opaque: state.alpha > 0.95 &&
      state.colour !== undefined,
      order: this.painted });
    else if (box[3] - box[1] < 1) this.strokes.push(box);
  }
}

function colourOfArgs(args: unknown[]): Colour | undefined {
  const colour = typeof args[0] === 'string' ? colourOf(args[0]) : args.length >= 3 ? (args as unknown as Colour) : undefined;
  return colour === 'transparent' ? undefined : colour;
}

function times(one: Matrix, other: Matrix): Matrix {
  const [a, b, c, d, e, f] = one;
  const [g, h, i, j, k, l] = other;
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}

function unit(matrix: Matrix): Box {
  return boxOf(matrix, [0, 0, 1, 1]);
}

function boxOf([a, b, c, d, e, f]: Matrix, bounds: ArrayLike<number>): Box {
  const corners = [[0, 1], [2, 1], [0, 3], [2, 3]].map(([x, y]) => [bounds[x!]!, bounds[y!]!] as const);
  const xs = corners.map(([x, y]) => a * x + c * y + e);
  const ys = corners.map(([x, y]) => b * x + d * y + f);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
