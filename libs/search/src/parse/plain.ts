import type { DocumentBuilder } from './parsed-document.js';

const UNDERLINE = /^(={3,}|-{3,})$/;
const LIST_ITEM = /^\s*(?:[-*+•–]|\d{1,3}[.)])\s+/;

/** Plain text: blank lines part paragraphs; a short line that stands alone and is underlined, numbered or in capitals is a heading. */
export function parsePlain(source: string, document: DocumentBuilder): void {
  for (const part of source.replace(/\r\n?/g, '\n').split(/\n[ \t]*\n+/)) {
    const lines = part.split('\n').filter((line) => line.trim() !== '');
    if (lines.length === 0) continue;
    if (lines.length >= 2 && UNDERLINE.test(lines[1]!.trim()) && lines[0]!.length <= 100) {
      document.add('heading', lines[0]!.trim(), { level: lines[1]!.trim().startsWith('=') ? 1 : 2 });
      lines.splice(0, 2);
    } else if (lines.length === 1 && isHeading(lines[0]!.trim())) {
      document.add('heading', lines[0]!.trim(), { level: headingLevel(lines[0]!.trim()) });
      continue;
    }
    document.add(lines.length > 0 && lines.every((line) => LIST_ITEM.test(line) || /^\s/.test(line)) ? 'list' : 'paragraph',
      lines.join('\n'));
  }
}

function isHeading(line: string): boolean {
  if (line.length > 80 || /[.!?:;,。]$/.test(line)) return false;
  if (/^(?:\d{1,2}\.)*\d{1,2}\.?\s+\p{Lu}/u.test(line) && line.split(' ').length <= 10) return true;
  return /^[^\p{Ll}]*$/u.test(line) && /\p{Lu}.*\p{Lu}.*\p{Lu}/u.test(line) && line.split(' ').length <= 10;
}

function headingLevel(line: string): number {
  const number = /^((?:\d{1,2}\.)*\d{1,2})\.?\s/.exec(line);
  return number ? Math.min(6, number[1]!.split('.').length + 1) : 2;
}
