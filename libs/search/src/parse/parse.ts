import { decode } from './charset.js';
import { DocumentBuilder, type ParsedDocument, TooLong } from './parsed-document.js';
import { Unreadable } from './unreadable.js';

export type Format = 'markdown' | 'text' | 'html' | 'csv' | 'pdf' | 'docx';

export interface ParseLimits {
  maxCharacters: number;
  maxPages: number;
}

/** A file's bytes to text with structure. Runs in the parser's own process, never in the server's: see `parser.service.ts`. */
export async function parseFile(format: Format, bytes: Uint8Array, limits: ParseLimits): Promise<ParsedDocument> {
  const document = new DocumentBuilder(limits.maxCharacters);
  const pages = await read(format, bytes, document, limits).catch((error: unknown) => {
    if (error instanceof TooLong) throw new Unreadable('too-long',
      `The file holds more than ${limits.maxCharacters.toLocaleString('en')} characters of text. Split it and upload the parts.`);
    throw error;
  });
  const parsed = document.build(pages);
  if (!/[\p{L}\p{N}]/u.test(parsed.text)) {
    throw new Unreadable('empty', format === 'pdf'
      ? 'The PDF holds no text: its pages are probably scanned pictures. Run it through text recognition (OCR) and upload the result.'
      : 'The file holds no text.');
  }
  return parsed;
}

/** Returns the number of pages, where the format has any. Each parser is loaded when it is needed: a process reads one file. */
async function read(format: Format, bytes: Uint8Array, document: DocumentBuilder, limits: ParseLimits): Promise<number | null> {
  const text = (told?: string): string => {
    const { text: found, guessed } = decode(bytes, told);
    if (guessed) document.warn('encoding', guessedAs(guessed));
    return found;
  };
  switch (format) {
    case 'pdf':
      return (await import('./pdf.js')).parsePdf(bytes, document, limits.maxPages);
    case 'docx':
      (await import('./docx/docx.js')).parseDocx(bytes, document);
      break;
    case 'html':
      (await import('./html-blocks.js')).parseHtmlPage(text(htmlCharset(bytes)), document);
      break;
    case 'markdown':
      (await import('./markdown.js')).parseMarkdown(text(), document);
      break;
    case 'csv':
      (await import('./csv.js')).parseCsv(text(), document);
      break;
    case 'text':
      (await import('./plain.js')).parsePlain(text(), document);
      break;
  }
  return null;
}

function guessedAs(label: string): string {
  return `The file does not say in which encoding it is written, and was read as ${label}. If letters are wrong, save it as UTF-8 and ` +
    'upload it again.';
}

function htmlCharset(bytes: Uint8Array): string | undefined {
  return /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{2,30})/i.exec(Buffer.from(bytes.subarray(0, 4_096)).toString('latin1'))?.[1];
}
