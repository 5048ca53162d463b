import { getDocumentProxy, getResolvedPDFJS } from 'unpdf';
import type { DocumentBuilder } from './parsed-document.js';
import { type Annotation, struckOut, withAnnotations } from './pdf-annotations.js';
import type { Box, Drawing } from './pdf-drawing.js';
import { readingLines } from './pdf-layout.js';
import { type Glyphs, type PageLines, headingSizes, isHeading, isListItem, rounded, toParagraphs, vocabularyOf,
  withoutRunningHeads, wordsOf } from './pdf-lines.js';
import { type Mark, marksOf } from './pdf-marks.js';
import { Unreadable } from './unreadable.js';

/** The text of a PDF with its pages, paragraphs and headings put together again from positions and sizes. Returns the number of pages. */
export async function parsePdf(bytes: Uint8Array, document: DocumentBuilder, maxPages: number): Promise<number> {
  const pdf = await open(bytes);
  if (pdf.numPages > maxPages) throw new Unreadable('too-many-pages',
    `The PDF has ${pdf.numPages} pages, more than the ${maxPages} that are accepted. Split it and upload the parts.`);
  const pages: PageLines[] = [];
  const layers = await pdf.getOptionalContentConfig().catch(() => undefined);
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    pages.push({ lines: readingLines(await seenOf(page, document, layers)), height: page.view[3] ?? 842 });
    page.cleanup();
  }
  document.title = await titleOf(pdf);
  warnOf(pages, document);
  if (await pdf.getMetadata().then(({ info }) => (info as { IsXFAPresent?: boolean }).IsXFAPresent &&
    !(info as { IsAcroFormPresent?: boolean }).IsAcroFormPresent, () => false))
    document.warn('unread-form');
  write(pages, document);
  return pdf.numPages;
}

type Page = Awaited<ReturnType<Pdf['getPage']>>;
type Layers = Awaited<ReturnType<Pdf['getOptionalContentConfig']>> | undefined;

/** The text of a page that its reader sees, with what was filled into it. */
async function seenOf(page: Page, document: DocumentBuilder, layers: Layers): Promise<Glyphs[]> {
  const { items } = await page.getTextContent();
  const all = items.flatMap((item) => ('str' in item ? [glyphs(item.str, item.transform as number[], item.width)] : []));
  const annotations = (await page.getAnnotations().catch(() => [])) as Annotation[];
  const { OPS } = await getResolvedPDFJS();
  // Without the drawing what is hidden is not known: a page that cannot be drawn is read as it is.
  const drawing = await page.getOperatorList({ annotationMode: 0 }).catch(() => undefined) as Drawing | undefined;
  const isOff = (group: unknown): boolean => layers !== undefined && !layers.isVisible(group);
  const marks = drawing ? marksOf(drawing, OPS as unknown as Record<string, number>, page.view as Box, isOff, struckOut(annotations)) : [];
  for (const { kind } of marks) document.warn(kind === 'hidden' ? 'hidden-text' : 'struck-text');
  return withAnnotations(all.flatMap((one) => withoutMarked(one, marks)), annotations);
}

/** What is left of a run when what is marked is taken out of it: all, none, or the text around. */
function withoutMarked(one: Glyphs, marks: Mark[]): Glyphs[] {
  let { text } = one;
  for (const mark of marks) {
    const end = one.x + one.width;
    if (Math.abs(mark.y - one.y) > Math.max(1, one.size * 0.4) || mark.end < one.x - 1 || mark.x > end + 1) continue;
    if (one.x >= mark.x - 1 && end <= mark.end + 1) return [];
    const words = mark.text.trim().split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    text = text.replace(new RegExp(words.join('\\s*')), ' ');
  }
  return text.trim() === '' && text !== one.text ? [] : [{ ...one, text }];
}

function warnOf(pages: PageLines[], document: DocumentBuilder): void {
  const empty = pages.flatMap(({ lines }, at) => (lines.some(({ text }) => /[\p{L}\p{N}]/u.test(text)) ? [] : [at + 1]));
  if (empty.length === 0) return;
  const shown = ranges(empty);
  document.warn('pages-without-text', `${empty.length === 1 ? `Page ${shown} holds` : `Pages ${shown} hold`} no text and ` +
    `${empty.length === 1 ? 'was' : 'were'} not read: probably scanned pictures. Run the file through text ` +
    'recognition (OCR) and upload the result.');
}

/** 3, 5-7, 9 */
function ranges(numbers: number[]): string {
  const parts: [number, number][] = [];
  for (const number of numbers) {
    const last = parts.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(', ');
}

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

async function open(bytes: Uint8Array): Promise<Pdf> {
  try {
    // pdf.js wants a plain Uint8Array to itself, and no Buffer.
    return await getDocumentProxy(new Uint8Array(bytes),
      { verbosity: 0, disableFontFace: true, maxImageSize: 1, enableXfa: false, stopAtErrors: false });
  } catch (error) {
    if ((error as Error).name === 'PasswordException')
      throw new Unreadable('encrypted', 'The PDF is protected by a password. Save it without one and upload it again.');
    throw new Unreadable('damaged',
      'The file is damaged, or no PDF at all: it could not be opened. Export it again and upload the new file.');
  }
}

async function titleOf(pdf: Pdf): Promise<string | null> {
  const meta = await pdf.getMetadata().catch(() => undefined);
  const title = (meta?.info as { Title?: unknown } | undefined)?.Title;
  return typeof title === 'string' && title.trim().length > 3 && !/^(?:untitled|microsoft word|document\d*)\b/i.test(title)
    ? title.trim().slice(0, 300) : null;
}

function glyphs(text: string, transform: number[], width: number): Glyphs {
  return { text, x: transform[4]!, y: transform[5]!, width,
    size: Math.hypot(transform[2]!, transform[3]!) || Math.hypot(transform[0]!, transform[1]!) || 1 };
}

function write(raw: PageLines[], document: DocumentBuilder): void {
  const lines = withoutRunningHeads(raw);
  const vocabulary = vocabularyOf(lines);
  const pages = lines.map(toParagraphs);
  const sizes = headingSizes(pages);
  pages.forEach((paragraphs, index) => {
    for (const paragraph of paragraphs) {
      if (paragraph.lines[0]!.row) {
        document.add('table', paragraph.lines.map((line) => line.text).join('\n'), { page: index + 1 });
        continue;
      }
      const text = wordsOf(paragraph, vocabulary);
      const level = sizes.indexOf(rounded(paragraph.size)) + 1;
      const heading = level > 0 && isHeading(paragraph, text);
      document.add(heading ? 'heading' : isListItem(text) ? 'list' : 'paragraph', text,
        { page: index + 1, level: heading ? Math.min(level, 6) : 0 });
    }
  });
}
