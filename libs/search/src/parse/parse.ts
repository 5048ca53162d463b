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
  switch (format) {
    case 'pdf':
      return (await import('./pdf.js')).parsePdf(bytes, document, limits.maxPages);
    case 'docx':
      (await import('./docx/docx.js')).parseDocx(bytes, document);
      break;
    case 'html':
      (await import('./html-blocks.js')).parseHtmlPage(decode(bytes, htmlCharset(bytes)), document);
      break;
    case 'markdown':
      (await import('./markdown.js')).parseMarkdown(decode(bytes), document);
      break;
    case 'csv':
      (await import('./plain.js')).parseCsv(decode(bytes), document);
      break;
    case 'text':
      (await import('./plain.js')).parsePlain(decode(bytes), document);
      break;
  }
  return null;
}

/** By byte order mark, then as told, then UTF-8 where it is valid, else Windows-1252, which reads every byte. */
function decode(bytes: Uint8Array, told?: string): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  for (const label of [told, 'utf-8']) {
    try {
      if (label) return new TextDecoder(label, { fatal: true }).decode(bytes);
    } catch {
      /* not in that encoding: the next one */
    }
  }
  return new TextDecoder('windows-1252').decode(bytes);
}

function htmlCharset(bytes: Uint8Array): string | undefined {
  return /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{2,30})/i.exec(Buffer.from(bytes.subarray(0, 4_096)).toString('latin1'))?.[1];
}
