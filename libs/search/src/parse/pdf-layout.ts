import { type Glyphs, type Line, toLines } from './pdf-lines.js';

/** A stretch of a line without a wide gap: part of a column, or a cell. */
interface Segment {
  glyphs: Glyphs[];
  text: string;
  x: number;
  end: number;
  y: number;
  size: number;
  /** Of its first glyph, in the order in which the page is drawn. */
  order: number;
}

/** A gap of so many sizes parts segments; rows that are parted alike make a band. */
const GAP = 1.1;
const ROWS = 3;

/**
 * The lines of a page in reading order. Mostly that is the order in which the page is drawn; where several rows are parted by the same
 * white strips, their parts are columns of text, read one after the other, or columns of a table, read row by row with a place for each
 * cell.
 */
export function readingLines(glyphs: Glyphs[]): Line[] {
  const rows = rowsOfSegments(segmentsOf(glyphs));
  const bands = bandsOf(rows).map((band) => ({ at: Math.min(...band.flat().map(({ order }) => order)), lines: bandLines(band), band }));
  if (bands.length === 0) return toLines(glyphs);
  const taken = new Set(bands.flatMap(({ band }) => band.flat().flatMap((one) => one.glyphs)));
  const lines: Line[] = [];
  let rest: Glyphs[] = [];
  const flush = (): void => {
    lines.push(...toLines(rest));
    rest = [];
  };
  glyphs.forEach((glyph, at) => {
    const band = bands.find((one) => one.at === at);
    if (band) {
      flush();
      lines.push(...band.lines);
    }
    if (!taken.has(glyph)) rest.push(glyph);
  });
  flush();
  return lines;
}

function segmentsOf(glyphs: Glyphs[]): Segment[] {
  const segments: Segment[] = [];
  let open: Segment | undefined;
  glyphs.forEach((glyph, order) => {
    if (glyph.text.trim() === '') return;
    const { x, y, width, size, text } = glyph;
    if (open && Math.abs(y - open.y) < Math.max(size, open.size) * 0.6 && x > open.end - size && (glyph.field || x < open.end +
      size * GAP)) {
      open.glyphs.push(glyph);
      open.text += ` ${text}`;
      open.end = Math.max(open.end, x + width);
    } else {
      open = { glyphs: [glyph], text, x, end: x + width, y, size, order };
      segments.push(open);
    }
  });
  return segments;
}

/** From top to bottom, each from left to right. */
function rowsOfSegments(segments: Segment[]): Segment[][] {
  const rows: Segment[][] = [];
  for (const segment of [...segments].sort((a, b) => b.y - a.y)) {
    const row = rows.at(-1);
    if (row && Math.abs(row[0]!.y - segment.y) < Math.min(row[0]!.size, segment.size) * 0.45) row.push(segment);
    else rows.push([segment]);
  }
  for (const row of rows) row.sort((a, b) => a.x - b.x);
  return rows;
}

/** Runs of neighbouring rows that the same strips part, each with at least three rows of several segments. */
function bandsOf(rows: Segment[][]): Segment[][][] {
  const bands: Segment[][][] = [];
  let open: Segment[][] = [];
  const close = (): void => {
    while (open.length > 0 && open.at(-1)!.length === 1) open.pop();
    if (open.filter((row) => row.length > 1).length >= ROWS && stripsOf(open).length > 0) bands.push(open);
    open = [];
  };
  for (const row of rows) {
    const above = open.at(-1)?.[0];
    const size = Math.max(...row.map((one) => one.size));
    const far = above !== undefined && above.y - row[0]!.y > size * 4;
    if (far || !fits(open, row)) close();
    if (open.length > 0 || row.length > 1) open.push(row);
  }
  close();
  return bands;
}

/** Whether a row leaves at least as many strips white as its band is parted by columns: a line across ends it. */
function fits(band: Segment[][], row: Segment[]): boolean {
  if (band.length === 0) return true;
  const strips = stripsOf(band);
  const after = stripsOf([...band, row]);
  return after.length > 0 && (band.length < 2 ? true : after.length >= Math.max(1, strips.length - (row.length > 1 ? 1 : 0)));
}

/** The white strips between the columns of some rows: each at least most of a letter wide. */
function stripsOf(rows: Segment[][]): [number, number][] {
  const covered = rows.flat().map(({ x, end }): [number, number] => [x, end]).sort((a, b) => a[0] - b[0]);
  const strips: [number, number][] = [];
  let reach = covered[0]?.[1] ?? 0;
  const least = Math.min(...rows.flat().map(({ size }) => size)) * 0.7;
  for (const [from, to] of covered) {
    if (from - reach >= least) strips.push([reach, from]);
    reach = Math.max(reach, to);
  }
  return strips;
}

function bandLines(band: Segment[][]): Line[] {
  const strips = stripsOf(band);
  const columnOf = ({ x }: Segment): number => strips.filter(([, to]) => x >= to - 0.5).length;
  const columns = Array.from({ length: strips.length + 1 }, (_, column) => band.flat().filter((one) => columnOf(one) === column));
  if (isProse(columns)) return columns.flatMap((segments) => toLines(segments.flatMap(({ glyphs }) => glyphs)));
  const table: Line[] = [];
  for (const row of band) {
    const cells = columns.map((_, column) => row.filter((one) => columnOf(one) === column)
      .flatMap(({ glyphs }) => toLines(glyphs)).map(({ text }) => text).join(' '));
    const before = table.at(-1);
    const continued = before && cells[0] === '' && row[0]!.y > before.y - before.size * 1.45 && cells.filter((cell) =>
      cell !== '').length < cells.length - 1;
    if (continued) {
      const told = before.text.split(' | ');
      before.text = columns.map((_, column) => `${told[column] ?? ''} ${cells[column]!}`.trim()).join(' | ');
      before.y = row[0]!.y;
    } else table.push({ text: cells.join(' | '), x: row[0]!.x, end: row.at(-1)!.end, y: row[0]!.y, size: row[0]!.size, row: true });
  }
  return table;
}

/** Columns of text: few, of several words a line, most lines filling their column, going on from line to line. */
function isProse(columns: Segment[][]): boolean {
  if (columns.length > 3) return false;
  return columns.every((segments) => {
    if (segments.length < ROWS) return false;
    const width = Math.max(...segments.map(({ end }) => end)) - Math.min(...segments.map(({ x }) => x));
    const words = segments.reduce((sum, { text }) => sum + text.trim().split(/\s+/).length, 0) / segments.length;
    const filling = segments.filter(({ x, end }) => end - x > width * 0.6).length / segments.length;
    const goingOn = segments.slice(1).filter(({ text }, at) => /^\p{Ll}/u.test(text.trim()) &&
      !/[.!?:]$/.test(segments[at]!.text.trim())).length;
    const unspaced = segments.filter(({ text }) => /[\p{Script=Han}\p{Script=Hiragana}]/u.test(text)).length > segments.length / 2;
    return unspaced ? filling >= 0.6 : words >= 3 && filling >= 0.55 && (goingOn >= 1 || words >= 6);
  });
}
