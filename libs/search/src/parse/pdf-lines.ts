/** One run of characters as pdf.js gives it, in points; y grows upwards. */
export interface Glyphs {
  text: string;
  x: number;
  y: number;
  width: number;
  size: number;
  /** Filled in or added: it belongs to its line however far away. */
  field?: boolean;
}

export interface Line {
  text: string;
  x: number;
  end: number;
  y: number;
  size: number;
  /** A row of a table. */
  row?: boolean;
  /** Holds what was filled in: it stands by itself. */
  field?: boolean;
}

export interface Paragraph {
  lines: Line[];
  size: number;
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** Joins runs into lines in the order the page draws them, which is its reading order in all but hand-made files. */
export function toLines(glyphs: Iterable<Glyphs>): Line[] {
  const lines: Line[] = [];
  let line: Line | undefined;
  for (const { text, x, y, width, size, field } of glyphs) {
    if (text.trim() === '') {
      if (line && text !== '' && Math.abs(y - line.y) < line.size * 0.5 && !line.text.endsWith(' ')) line.text += ' ';
      continue;
    }
    const near = line && Math.abs(y - line.y) < Math.max(size, line.size) * 0.6;
    const same = near && (field || (x > line!.end - size * 2 && x < line!.end + size * 12));
    if (!line || !same) {
      line = { text, x, end: x + width, y, size, ...(field ? { field } : {}) };
      lines.push(line);
      continue;
    }
    const gap = x - line.end;
    if (isRaised(line, text, y, size, gap)) {
      line.text += `^${text.trim()}`;
      line.end = Math.max(line.end, x + width);
      continue;
    }
    const joined = line.text.endsWith(' ') || text.startsWith(' ') || gap < size * 0.15 ||
      (gap < size && UNSPACED.test(text) && UNSPACED.test(line.text.at(-1)!));
    if (field) line.field = true;
    line.text += joined ? text : gap > size * 2.5 && !field ? ` | ${text}` : ` ${text}`;
    line.end = Math.max(line.end, x + width);
    if (text.length > line.text.length / 2) line.size = size;
  }
  return lines.map((one) => ({ ...one, text: one.text.replace(/\s+/g, ' ').trim() }))
    .filter((one) => one.text !== '' && !LEADER.test(one.text));
}

/** Small and high behind a word or number: a power, or the mark of a note; not the letters of 1st. */
function isRaised(line: Line, text: string, y: number, size: number, gap: number): boolean {
  return size < line.size * 0.85 && y - line.y > line.size * 0.15 && gap < line.size * 0.3 &&
    /^\s*[+\-−–]?[\d.,+\-−–*n]+\s*$/u.test(text) &&
    /[\p{L}\p{N})\]%.,]$/u.test(line.text);
}

/** `Introduction . . . . . . 4`: a line of a table of contents only says again what stands elsewhere. */
const LEADER = /(?:\. ?){5,}\s*[\divxl]*$/i;

/** A page's lines, and its height in points. */
export interface PageLines {
  lines: Line[];
  height: number;
}

const PAGE_NUMBER = /^[-–— ]*(?:page|seite|стр\.?)? *(?:\d{1,4}|[ivxl]{1,6})(?: *(?:\/|of|von|из) *\d{1,4})?[-–— ]*$/i;

/** Takes out what stands at the same place of many pages: page numbers, and running heads and feet but for the first time. */
export function withoutRunningHeads(pages: PageLines[]): Line[][] {
  const seen = new Map<string, number>();
  for (const page of pages) for (const key of new Set(edges(page).map(shape))) seen.set(key, (seen.get(key) ?? 0) + 1);
  const often = Math.max(3, Math.ceil(pages.length * 0.3));
  const told = new Set<string>();
  return pages.map((page) => {
    const edge = new Set(edges(page));
    return page.lines.filter((line) => {
      if (!edge.has(line)) return true;
      if (pages.length > 1 && PAGE_NUMBER.test(line.text)) return false;
      if ((seen.get(shape(line)) ?? 0) < often || told.has(shape(line))) return (seen.get(shape(line)) ?? 0) < often;
      told.add(shape(line));
      return !/\d+ *(?:\/|of|von|de|из) *\d+\s*$/i.test(line.text);
    });
  });
}

/** The two outermost lines in the top and bottom eighth of the page, unless they are set larger than the page's text. */
function edges({ lines, height }: PageLines): Line[] {
  const byHeight = [...lines].sort((a, b) => b.y - a.y);
  const sizes = lines.map((line) => line.size).sort((a, b) => a - b);
  const usual = sizes[sizes.length >> 1] ?? 0;
  return [...byHeight.slice(0, 2).filter((line) => line.y > height * 0.875),
    ...byHeight.slice(-2).filter((line) => line.y < height * 0.125)].filter((line) => line.size <= usual * 1.12);
}

function shape(line: Line): string {
  return `${line.text.replace(/\d+/g, '#').toLowerCase()}@${Math.round(line.y / 6)}`;
}

const LIST_ITEM = /^(?:[•▪◦‣·*–-]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s/u;

/** Lines to paragraphs, by what parts them on the page: wider gaps, another size, an indent, a list mark, a short last line. */
export function toParagraphs(lines: Line[]): Paragraph[] {
  const gap = usualGap(lines);
  const paragraphs: Paragraph[] = [];
  let last: Line | undefined;
  for (const line of lines) {
    const open = paragraphs.at(-1);
    if (open && last && (line.row || last.row ? line.row && last.row : continues(last, line, gap, open))) open.lines.push(line);
    else paragraphs.push({ lines: [line], size: line.size });
    last = line;
  }
  return paragraphs;
}

function continues(last: Line, line: Line, gap: number, open: Paragraph): boolean {
  if (line.field || last.field) return false;
  if (Math.abs(line.size - last.size) > 0.08 * last.size) return false;
  if (LIST_ITEM.test(line.text)) return false;
  const down = last.y - line.y;
  // Up again: the next column. Only a sentence that is cut in the middle goes on there.
  if (down < -last.size) return /[\p{Ll},;-]$/u.test(last.text) && /^\p{Ll}/u.test(line.text);
  // Double spacing is 2.4 sizes at most.
  if (down > Math.min(Math.max(gap * 1.35, last.size * 1.6), last.size * 2.6)) return false;
  const indented = line.x > open.lines[0]!.x + last.size && line.x > last.x + last.size && open.lines.length > 1;
  if (indented && /[.!?:]["”’)]?$/u.test(last.text)) return false;
  const width = Math.max(...open.lines.map((one) => one.end - one.x));
  return !(last.end - last.x < width * 0.7 && /[.!?:]["”’)]?$/u.test(last.text));
}

function usualGap(lines: Line[]): number {
  const gaps = lines.slice(1).map((line, index) => lines[index]!.y - line.y).filter((gap) => gap > 1 && gap < 60).sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length * 0.4)] ?? 14;
}

/**
 * The words of a paragraph. A hyphen at a line's end is the typesetter's where the word stands without it elsewhere in the document, and
 * the author's where it stands with it; see `keepsHyphen` for the rest.
 */
export function wordsOf(paragraph: Paragraph, vocabulary: ReadonlySet<string>): string {
  let text = '';
  for (const { text: line } of paragraph.lines) {
    if (text === '') text = line;
    else if (/[\p{L}\p{N}][-‐\u00ad]$/u.test(text) && /^[\p{L}\p{N}]/u.test(line)) {
      text = keepsHyphen(text, line, vocabulary) ? text + line : text.slice(0, -1) + line;
    } else text += UNSPACED.test(text.at(-1)!) && UNSPACED.test(line[0]!) ? line : ` ${line}`;
  }
  return text;
}

/** First and last parts that English writes with a hyphen, where the document does not tell. */
const HEADS = new Set(('well self non ex all cross half high low long short full part mid multi off on one two three four five six seven ' +
  'eight ' +
  'nine ten first second third year day up built ready state so old new real user third co anti pro tax duty work cost time ' +
    'data').split(' '));
const TAILS = new Set(('based free time term wide up old known made related specific to of and like class level scale friendly driven ' +
  'oriented ' +
  'led year day month week hour minute step way site end house party side quality speed risk paid owned back date art the').split(' '));

/**
 * A hyphen at a line's end is the author's before a capital or a number, inside a chain, and where the parts are words that go so together.
 */
function keepsHyphen(text: string, line: string, vocabulary: ReadonlySet<string>): boolean {
  if (text.endsWith('\u00ad')) return false;
  if (!/^\p{Ll}/u.test(line) || !/\p{L}[-‐]$/u.test(text)) return true;
  const head = /[\p{L}\p{N}]+(?=[-‐]$)/u.exec(text)![0].toLowerCase();
  const tail = /^[\p{L}\p{N}]+/u.exec(line)![0].toLowerCase();
  if (vocabulary.has(head + tail)) return false;
  if (vocabulary.has(`${head}-${tail}`) || /[\p{L}\p{N}]-[\p{L}\p{N}]+[-‐]$/u.test(text)) return true;
  if (HEADS.has(head) && (TAILS.has(tail) || ['well', 'self', 'non', 'ex', 'cross', 'two', 'three', 'half'].includes(head))) return true;
  return (HEADS.has(head) || TAILS.has(tail)) && vocabulary.has(head) && vocabulary.has(tail) && tail.length > 2;
}

/** Whole words that stand inside lines (not cut at a line's end), lower case, with and without hyphens. */
export function vocabularyOf(pages: Line[][]): Set<string> {
  const words = new Set<string>();
  for (const lines of pages) {
    for (const { text } of lines) for (const [word] of text.matchAll(/[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*(?=[\s.,;:!?)])/gu))
      words.add(word.toLowerCase());
  }
  return words;
}

/** Sizes that are headings, largest first: clearly larger than the size most characters are set in. */
export function headingSizes(pages: Paragraph[][]): number[] {
  const characters = new Map<number, number>();
  for (const { lines, size } of pages.flat()) {
    const key = rounded(size);
    characters.set(key, (characters.get(key) ?? 0) + lines.reduce((sum, line) => sum + line.text.length, 0));
  }
  const body = [...characters].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
  const all = [...characters.values()].reduce((sum, count) => sum + count, 0);
  return [...characters].filter(([size, count]) => size >= body * 1.12 && count < all * 0.3).map(([size]) => size).sort((a, b) => b - a);
}

export function rounded(size: number): number {
  return Math.round(size * 2) / 2;
}

export function isHeading(paragraph: Paragraph, text: string): boolean {
  return paragraph.lines.length <= 3 && text.length <= 200 && /\p{L}/u.test(text) && !/[.,;]$/.test(text);
}

export function isListItem(text: string): boolean {
  return LIST_ITEM.test(text);
}
