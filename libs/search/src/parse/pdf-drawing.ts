import { type Colour, colourOf } from './colour.js';

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

export interface Character {
  text: string;
  x: number;
  end: number;
}

export interface TextRun {
  characters: Character[];
  y: number;
  size: number;
  order: number;
  state: State;
  /** In a layer that is switched off. */
  off: boolean;
}

export interface Fill {
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

export type Ops = Record<string, number>;

/** Operators that only set one number of the state. */
const PLAIN: Partial<Record<string, 'charSpace' | 'wordSpace' | 'leading' | 'rise' | 'mode'>> = { setCharSpacing: 'charSpace',
  setWordSpacing: 'wordSpace', setLeading: 'leading', setTextRise: 'rise', setTextRenderingMode: 'mode' };

/** Follows the drawing of a page: where text comes to stand, and what is filled and stroked around it. */
export class DrawingReader {
  readonly runs: TextRun[] = [];
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
    const plain = PLAIN[name];
    if (plain) {
      state[plain] = a;
      return;
    }
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
      case 'setHScale':
        state.stretch = a / 100;
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
