import { AppError } from '#platform/core';
import { visible } from '#platform/text';
import { utf16Of } from '../parse/charset.js';
import type { Format } from '../parse/parse.js';

interface Sniffed {
  format: Format;
  mediaType: string;
}

const BY_EXTENSION: Record<string, Format> = {
  md: 'markdown', markdown: 'markdown', mdx: 'markdown',
  txt: 'text', text: 'text', log: 'text', rst: 'text', adoc: 'text',
  html: 'html', htm: 'html', xhtml: 'html',
  csv: 'csv', tsv: 'csv', pdf: 'pdf', docx: 'docx',
};

const MEDIA_TYPES: Record<Format, string> = {
  markdown: 'text/markdown',
  text: 'text/plain',
  html: 'text/html',
  csv: 'text/csv',
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
};

/** Bytes of a file's beginning that `sniff` wants to see. */
export const SNIFFED_BYTES = 8_192;

type Content = 'pdf' | 'zip' | 'html' | 'text' | 'binary';

/**
 * What a file is, by its name and by its first bytes, which must agree: a name is only a claim. The declared media type is not believed.
 */
export function sniff(name: string, head: Uint8Array): Sniffed {
  const extension = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const content = contentOf(head);
  const format = extension === '' ? formatOf(content) : BY_EXTENSION[extension];
  if (!format) throw unsupported(name,
    extension === '' ? 'it has no extension and its content is of no known kind' : `.${extension} files are not read`);
  const fits = format === 'pdf' ? content === 'pdf' : format === 'docx' ? content === 'zip' : content === 'text' || content === 'html';
  if (!fits) throw unsupported(name, `its name says ${format === 'docx' ? 'Word document' : format} and its content does not`);
  return { format, mediaType: MEDIA_TYPES[format] };
}

function formatOf(content: Content): Format | undefined {
  return content === 'pdf' || content === 'html' || content === 'text' ? content : undefined;
}

function contentOf(head: Uint8Array): Content {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, SNIFFED_BYTES));
  if (bytes.subarray(0, 1_024).includes('%PDF-')) return 'pdf';
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === 0x504b0304) return 'zip';
  const wide = utf16Of(bytes);
  if (!wide && isBinary(bytes)) return 'binary';
  const text = wide ? new TextDecoder(wide.label).decode(bytes) : bytes.toString('utf8');
  return /^\ufeff?\s*(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i.test(text) ? 'html' : 'text';
}

/** Text of any encoding in use holds no NUL and hardly a control character. */
function isBinary(bytes: Buffer): boolean {
  let controls = 0;
  for (const byte of bytes) {
    if (byte === 0) return true;
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27) controls++;
  }
  return controls > bytes.length * 0.01;
}

/** A name fit to be shown and stored: no path, nothing that controls or is not seen, at most 200 characters. */
export function cleanName(raw: string | undefined): string {
  const base = visible((raw ?? '').normalize('NFC').toWellFormed()).split(/[/\\]/).at(-1)!.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029<>:"|?*]/g, '').trim();
  const name = base.replace(/^\.+/, '') || 'file';
  if (name.length <= 200) return name;
  const extension = /\.[a-z0-9]{1,8}$/i.exec(name)?.[0] ?? '';
  return name.slice(0, 200 - extension.length).replace(/[\ud800-\udbff]$/, '') + extension;
}

function unsupported(name: string, why: string): AppError {
  return new AppError('unsupported', 'search.format',
    `${name} was not accepted: ${why}. Upload Markdown, text, HTML, CSV, PDF or Word (.docx), with the extension that fits.`);
}
