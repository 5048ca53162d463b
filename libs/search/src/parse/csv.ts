import type { DocumentBuilder } from './parsed-document.js';

export interface Dialect {
  separator: string;
  quote: string;
}

const SEPARATORS = [',', ';', '\t', '|', ':', '~', ' '];
const QUOTES = ['"', "'"];
/** Characters of the beginning that the dialect is told by. */
const SAMPLE = 20_000;
const SEP_LINE = /^\ufeff?"?sep=(.|\\t)"?[ \t]*(?:\r\n|\r|\n)/i;

/**
 * A table of text: rows of cells parted by ` | `, below what stands before its header. The separator is the one that makes the whole sample
 * a table of as many cells in each row, of a kind each; a line `sep=;`, as Excel writes it, tells it.
 */
export function parseCsv(source: string, document: DocumentBuilder): void {
  const told = SEP_LINE.exec(source);
  const body = (told ? source.slice(told[0].length) : source).replace(/^\ufeff/, '');
  const separator = told?.[1]!.replace('\\t', '\t');
  const dialect = separator ? { separator, quote: '"' } : dialectOf(body.slice(0, SAMPLE));
  const rows = recordsOf(body, dialect).map((row) => row.map((cell) => cell.replace(/\s+/g, ' ').trim()))
    .filter((row) => row.some((cell) => cell !== ''));
  const first = headerAt(rows);
  const before = rows.slice(0, first).map((row) => row.filter((cell) => cell !== '').join(' | '));
  document.add('paragraph', before.join('\n'));
  document.add('table', rows.slice(first).map((row) => row.join(' | ')).join('\n'));
}

/** The separator and quote under which the sample is most of a table. */
export function dialectOf(sample: string): Dialect {
  let best: Dialect = { separator: ',', quote: '"' };
  let most = 0;
  for (const quote of QUOTES) {
    if (quote === "'" && !/(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)/m.test(sample)) continue;
    for (const separator of SEPARATORS) {
      if (!sample.includes(separator)) continue;
      const score = tableness(recordsOf(sample, { separator, quote }), separator);
      if (score > most) [best, most] = [{ separator, quote }, score];
    }
  }
  return best;
}

/** How rarely a sign is meant as a separator, where it makes a table as good as another does. */
const SELDOM: Record<string, number> = { ',': 1, ';': 1, '\t': 1, '|': 1, ':': 0.3, '~': 0.6, ' ': 0.35 };

/** How much rows are of one width, how wide, and how many cells are of a known kind (after van den Burg's measure of consistency). */
function tableness(rows: string[][], separator: string): number {
  const lines = rows.filter((row) => row.some((cell) => cell.trim() !== ''));
  const widths = new Map<number, number>();
  for (const { length } of lines) widths.set(length, (widths.get(length) ?? 0) + 1);
  const pattern = [...widths].reduce((sum, [width, count]) => sum + (count / lines.length) ** 2 * ((width - 1) / width), 0);
  // A sign that also stands in prose parts cells only where nearly every row has as many of them.
  if (SELDOM[separator]! < 1 && Math.max(...widths.values()) < lines.length * 0.9) return 0;
  const cells = lines.flat();
  const known = cells.filter((cell) => isOfAKnownKind(cell.trim())).length / (cells.length || 1);
  return pattern * Math.max(0.05, known) * SELDOM[separator]!;
}

const NUMBER = /^[-+−]?[$€£¥]?\s?\d+(?:[.,'’\u00a0 ]\d{3})*(?:[.,]\d+)?(?:e[-+]?\d+)?\s?[%€$£¥]?$/i;
const DATE = /^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$|^\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]m)?$/i;

/** Nothing, a number, a date or time, an address, or words; words that hold a sign which parts cells are probably two cells. */
function isOfAKnownKind(cell: string): boolean {
  return cell === '' || /^(?:n\/?a|null|nan|-)$/i.test(cell) || NUMBER.test(cell) || DATE.test(cell) ||
    /^(?:https?:\/\/|[^\s@]+@)\S+$/i.test(cell) || (/^[\p{L}\p{N}][^;|\t~]*$/u.test(cell) && !/,\S/.test(cell));
}

/** The first row that is as wide as the table; what stands before it is a title, an account, a date of export. */
function headerAt(rows: string[][]): number {
  const widths = new Map<number, number>();
  for (const row of rows) if (row.length > 1) widths.set(row.length, (widths.get(row.length) ?? 0) + 1);
  const [usual = 1] = [...widths].sort((a, b) => b[1] * b[0] - a[1] * a[0])[0] ?? [];
  const filled = (row: string[]): number => row.filter((cell) => cell !== '').length;
  const at = rows.slice(0, 40).findIndex((row) => row.length >= usual && filled(row) > usual / 2);
  const single = rows.filter((row) => row.length === 1).length;
  return at < 0 || single > 2 * (rows.length - single) ? 0 : at;
}

/** Records of a dialect. A quote opens only at a cell's start; doubled or behind a backslash it is a sign of the cell. */
export function recordsOf(source: string, { separator, quote }: Dialect): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < source.length; at++) {
    const sign = source[at]!;
    if (quoted) {
      if (sign === '\\' && source[at + 1] === quote && !endsHere(source, at + 2, separator)) cell += source[++at]!;
      else if (sign !== quote) cell += sign;
      else if (source[at + 1] === quote) cell += source[++at]!;
      else if (endsHere(source, at + 1, separator) || !endsLater(source, at + 1, quote, separator)) quoted = false;
      else cell += sign;
    } else if (sign === quote && cell.trim() === '') [quoted, cell] = [true, ''];
    else if (sign === separator || sign === '\n' || (sign === '\r' && source[at + 1] !== '\n')) {
      rows.at(-1)!.push(cell);
      cell = '';
      if (sign !== separator) rows.push([]);
    } else if (sign !== '\r') cell += sign;
  }
  rows.at(-1)!.push(cell);
  return rows;
}

/** Characters in which a later end of a cell is looked for: without a limit a line of quotes would be read over and over. */
const LONGEST_LOOK = 4_000;

function endsHere(source: string, at: number, separator: string): boolean {
  return at >= source.length || source[at] === separator || source[at] === '\n' || source[at] === '\r';
}

/** Whether the cell ends at a later quote of the same line, so that one in its midst (Men's) is a sign of it. */
function endsLater(source: string, from: number, quote: string, separator: string): boolean {
  for (let at = from; at < Math.min(source.length, from + LONGEST_LOOK) && source[at] !== '\n'; at++)
    if (source[at] === quote && endsHere(source, at + 1, separator)) return true;
  return false;
}
