import { UNTICKED } from '../html-inline.js';
import { numeral } from '../numerals.js';
import { isPictureFont, textInFont } from './symbols.js';
import { type Xml, at, elements, on, val } from './xml.js';

interface Level {
  start: number;
  format: string;
  text: string;
  font: string | undefined;
  /** Whether all numbers in the label are Arabic, as lawyers want it. */
  legal: boolean;
  /** Levels above which this one begins anew; undefined: all, 0: none. */
  restart: number | undefined;
}

interface List {
  abstract: string;
  levels: Map<number, Level>;
  starts: Map<number, number>;
}

/** A list's mark: what stands before the paragraph, and whether it is only a bullet. */
export interface Label {
  text: string;
  bullet: boolean;
}

const LETTERS = new Set(['upperLetter', 'lowerLetter']);

/** Counts the paragraphs of a document's lists as Word does: lists of one definition share their count, until one is told to begin anew. */
export class Numbering {
  private readonly lists = new Map<string, List>();
  private readonly counts = new Map<string, (number | undefined)[]>();
  private readonly begun = new Set<string>();

  constructor(part: Xml | undefined) {
    const abstracts = new Map(elements(part).filter(({ name }) => name === 'w:abstractNum').map((node) =>
      [node.attributes['w:abstractNumId']!, node]));
    const byStyle = new Map([...abstracts].flatMap(([id, node]) => (val(node, 'w:styleLink') ? [[val(node, 'w:styleLink')!, id]] : [])));
    for (const node of elements(part).filter(({ name }) => name === 'w:num')) {
      const named = val(node, 'w:abstractNumId') ?? '';
      const abstract = byStyle.get(val(abstracts.get(named), 'w:numStyleLink') ?? '') ?? named;
      const list: List = { abstract, levels: levelsOf(abstracts.get(abstract)), starts: new Map() };
      for (const override of elements(node).filter(({ name }) => name === 'w:lvlOverride')) {
        const level = Number(override.attributes['w:ilvl'] ?? 0);
        const start = val(override, 'w:startOverride');
        if (start !== undefined) list.starts.set(level, Number(start));
        const own = at(override, 'w:lvl');
        if (own) list.levels.set(level, levelOf(own));
      }
      this.lists.set(node.attributes['w:numId']!, list);
    }
  }

  /** The mark of the next paragraph of a list at a level (0 is the outermost). */
  next(id: string, at: number): Label | undefined {
    const list = this.lists.get(id);
    const level = list?.levels.get(at);
    if (!list || !level) return undefined;
    const counts = this.counts.get(list.abstract) ?? [];
    this.counts.set(list.abstract, counts);
    const start = list.starts.get(at);
    if (start !== undefined && !this.begun.has(`${id}/${at}`)) counts[at] = undefined;
    this.begun.add(`${id}/${at}`);
    counts[at] = counts[at] === undefined ? start ?? level.start : counts[at] + 1;
    for (const [deeper, { restart }] of list.levels) if (deeper > at && (restart === undefined || at < restart)) counts[deeper] = undefined;
    if (level.format === 'bullet') return { text: bulletOf(level), bullet: true };
    if (level.format === 'none') return undefined;
    const text = level.text.replace(/%([1-9])/g, (_, digit: string) => {
      const above = Number(digit) - 1;
      const of = list.levels.get(above) ?? level;
      return written((counts[above] ??= list.starts.get(above) ?? of.start), level.legal ? 'decimal' : of.format);
    });
    return text.trim() === '' ? undefined : { text: text.trim(), bullet: false };
  }
}

function levelsOf(abstract: Xml | undefined): Map<number, Level> {
  return new Map(elements(abstract).filter(({ name }) => name === 'w:lvl').map((node) => [Number(node.attributes['w:ilvl'] ?? 0),
    levelOf(node)]));
}

function levelOf(node: Xml): Level {
  const restart = val(node, 'w:lvlRestart');
  const fonts = at(node, 'w:rPr', 'w:rFonts')?.attributes;
  return { start: Number(val(node, 'w:start') ?? 1), format: val(node, 'w:numFmt') ?? 'decimal', text: val(node, 'w:lvlText') ?? '',
    font: fonts?.['w:ascii'] ?? fonts?.['w:hAnsi'], legal: on(node, 'w:isLgl') ?? false, restart: restart === undefined ? undefined
      : Number(restart) };
}

/** A bullet that is an empty box makes a list of things to tick. */
function bulletOf({ text, font }: Level): string {
  const sign = isPictureFont(font) ? textInFont(font!, text) : text;
  return /[☐□❑❏]/u.test(sign) ? UNTICKED : /[☑☒✓✔✗]/u.test(sign) ? sign : '-';
}

function written(value: number, format: string): string {
  if (LETTERS.has(format)) {
    const letter = String.fromCharCode(97 + ((value - 1) % 26)).repeat(Math.floor((value - 1) / 26) + 1);
    return format === 'upperLetter' ? letter.toUpperCase() : letter;
  }
  if (format === 'upperRoman' || format === 'lowerRoman') return numeral(value, format);
  if (format === 'decimalZero') return String(value).padStart(2, '0');
  if (format === 'ordinal') return `${value}${ordinalEnding(value)}`;
  return format === 'none' ? '' : String(value);
}

function ordinalEnding(value: number): string {
  return /1\d$/.test(String(value)) ? 'th' : ['th', 'st', 'nd', 'rd'][value % 10] ?? 'th';
}
