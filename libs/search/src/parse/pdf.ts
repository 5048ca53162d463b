import { getDocumentProxy } from 'unpdf';
import type { DocumentBuilder } from './parsed-document.js';
import { type Glyphs, type PageLines, headingSizes, isHeading, isListItem, rounded, toLines, toParagraphs, vocabularyOf,
  withoutRunningHeads, wordsOf } from './pdf-lines.js';
import { Unreadable } from './unreadable.js';

/** The text of a PDF with its pages, paragraphs and headings put together again from positions and sizes. Returns the number of pages. */
export async function parsePdf(bytes: Uint8Array, document: DocumentBuilder, maxPages: number): Promise<number> {
  const pdf = await open(bytes);
  if (pdf.numPages > maxPages) throw new Unreadable('too-many-pages',
    `The PDF has ${pdf.numPages} pages, more than the ${maxPages} that are accepted. Split it and upload the parts.`);
  const pages: PageLines[] = [];
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    const lines = toLines(items.flatMap((item) => ('str' in item ? [glyphs(item.str, item.transform as number[], item.width)] : [])));
    pages.push({ lines, height: page.view[3] ?? 842 });
    page.cleanup();
  }
  document.title = await titleOf(pdf);
  write(pages, document);
  return pdf.numPages;
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
      const text = wordsOf(paragraph, vocabulary);
      const level = sizes.indexOf(rounded(paragraph.size)) + 1;
      const heading = level > 0 && isHeading(paragraph, text);
      document.add(heading ? 'heading' : isListItem(text) ? 'list' : 'paragraph', text,
        { page: index + 1, level: heading ? Math.min(level, 6) : 0 });
    }
  });
}
