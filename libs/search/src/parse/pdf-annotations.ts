import { TICKED, UNTICKED } from './html-inline.js';
import type { Box } from './pdf-drawing.js';
import type { Glyphs } from './pdf-lines.js';

/** What pdf.js tells of an annotation, as far as it is read. */
export interface Annotation {
  subtype?: string;
  rect: Box;
  quadPoints?: ArrayLike<number> | ArrayLike<number>[] | null;
  hidden?: boolean;
  annotationFlags?: number;
  fieldType?: string | null;
  fieldValue?: unknown;
  checkBox?: boolean;
  radioButton?: boolean;
  pushButton?: boolean;
  password?: boolean;
  exportValue?: string;
  buttonValue?: string;
  options?: { exportValue: string; displayValue: string }[];
  url?: string;
  contentsObj?: { str: string };
}

/** Hidden, or not to be viewed. */
const UNSEEN = 2 | 32;

/** Adds to the text of a page, at their places, what was filled into its forms, written onto it, and where its links lead. */
export function withAnnotations(glyphs: Glyphs[], annotations: Annotation[]): Glyphs[] {
  const all = [...glyphs];
  for (const annotation of annotations) {
    if (annotation.hidden || (annotation.annotationFlags ?? 0) & UNSEEN) continue;
    if (annotation.subtype === 'Link') linked(all, annotation);
    else {
      const text = textOf(annotation);
      if (text !== '') placed(all, text, annotation.rect);
    }
  }
  return all;
}

/** Boxes of what a reader of the PDF struck out. */
export function struckOut(annotations: Annotation[]): Box[] {
  return annotations.filter(({ subtype, hidden }) => subtype === 'StrikeOut' && !hidden).map(({ rect }) => rect);
}

function textOf(annotation: Annotation): string {
  const { subtype, fieldType, fieldValue: value, options = [] } = annotation;
  if (subtype === 'FreeText') return annotation.contentsObj?.str ?? '';
  if (subtype !== 'Widget' || annotation.password || annotation.pushButton) return '';
  if (fieldType === 'Btn') return value !== null && value !== undefined && value !== 'Off' &&
    value === (annotation.checkBox ? annotation.exportValue : annotation.buttonValue) ? TICKED : UNTICKED;
  const values = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string') as string[];
  return values.map((one) => options.find(({ exportValue }) => exportValue === one)?.displayValue ?? one).join(', ').trim();
}

/** Into the line it stands on: behind what is left of it, or before what is right of it. */
function placed(all: Glyphs[], text: string, [left, bottom, right, top]: Box): void {
  const middle = (bottom + top) / 2;
  const onLine = (one: Glyphs): boolean => one.text.trim() !== '' && Math.abs(one.y + one.size * 0.3 - middle) < Math.max(one.size,
    (top - bottom) / 2);
  const before = all.findLastIndex((one) => onLine(one) && one.x < left);
  const after = all.findIndex((one) => onLine(one) && one.x >= left);
  const next = before >= 0 ? all[before] : all[after];
  const size = next?.size ?? Math.min(11, (top - bottom) * 0.7);
  const glyph: Glyphs = { text, x: left, y: next?.y ?? middle - size * 0.3, width: right - left, size, field: true };
  const lower = all.findIndex((one) => one.y < glyph.y);
  all.splice(before >= 0 ? before + 1 : after >= 0 ? after : lower >= 0 ? lower : all.length, 0, glyph);
}

function linked(all: Glyphs[], { url, rect: [left, bottom, right, top] }: Annotation): void {
  if (!url || !/^(?:https?|mailto|tel):/i.test(url) || url.length > 300) return;
  const inside = all.findLastIndex((one) => {
    const middle = one.y + one.size * 0.3;
    return one.text.trim() !== '' && middle > bottom && middle < top && one.x < right && one.x + one.width > left;
  });
  if (inside < 0) return;
  const one = all[inside]!;
  const shown = url.replace(/^(?:mailto|tel):/i, '');
  const bare = (text: string): string => text.toLowerCase().replace(/^https?:\/\/(?:www\.)?/, '').replace(/\/$/, '').replace(/\s/g, '');
  if (bare(one.text).includes(bare(shown)) || bare(shown).includes(bare(one.text))) return;
  all.splice(inside + 1, 0, { text: ` (${shown})`, x: one.x + one.width, y: one.y, width: 0, size: one.size });
}
