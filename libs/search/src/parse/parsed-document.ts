import { WARNINGS, type Warning, type WarningCode } from './warnings.js';

/** A stretch of a document's extracted text with its role. Blocks follow each other in reading order and never overlap. */
export interface Block {
  kind: 'heading' | 'paragraph' | 'list' | 'table' | 'code';
  /** 1..6, headings only. */
  level: number;
  /** UTF-16 offsets into the text, end exclusive. */
  start: number;
  end: number;
  /** 1-based; null in formats without pages. */
  page: number | null;
}

/** What every parser makes of a file: plain text, and the structure that citations and chunks stand on. */
export interface ParsedDocument {
  title: string | null;
  text: string;
  blocks: Block[];
  /** Null in formats without pages. */
  pages: number | null;
  /** What was not read, or read by a guess. */
  warnings: Warning[];
}

/** Builds the text and the blocks together, so that a block's span is right by construction. */
export class DocumentBuilder {
  private readonly parts: string[] = [];
  private readonly blocks: Block[] = [];
  private readonly warnings = new Map<WarningCode, string>();
  private length = 0;
  title: string | null = null;

  /** `maxCharacters` ends a document that grows without end; see `TooLong`. */
  constructor(private readonly maxCharacters: number) {}

  add(kind: Block['kind'], raw: string, options: { level?: number; page?: number } = {}): void {
    const text = cleaned(raw);
    if (text === '') return;
    const separator = this.length === 0 ? '' : '\n\n';
    const start = this.length + separator.length;
    this.length = start + text.length;
    if (this.length > this.maxCharacters) throw new TooLong(this.maxCharacters);
    this.parts.push(separator, text);
    this.blocks.push({ kind, level: options.level ?? 0, start, end: this.length, page: options.page ?? null });
  }

  /** Says once, however often it is the case, what of the file is not in the text. */
  warn(code: WarningCode, message: string = WARNINGS[code]): void {
    if (!this.warnings.has(code)) this.warnings.set(code, message);
  }

  build(pages: number | null = null): ParsedDocument {
    const heading = this.blocks.find((block) => block.kind === 'heading');
    const text = this.parts.join('');
    return { title: this.title ?? (heading ? text.slice(heading.start, heading.end) : null), text, blocks: this.blocks, pages,
      warnings: [...this.warnings].map(([code, message]) => ({ code, message })) };
  }
}

export class TooLong extends Error {
  constructor(readonly maxCharacters: number) {
    super(`more than ${maxCharacters} characters of text`);
  }
}

/** Postgres holds no NUL, and half a surrogate pair is no text: both become the replacement character, other control signs go. */
function cleaned(raw: string): string {
  return raw
    .toWellFormed()
    .replaceAll('\0', '\ufffd')
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u200b\ufeff]/g, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/^\n+|\s+$/g, '');
}
