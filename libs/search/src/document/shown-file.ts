import type { DocumentState } from '../contract.js';
import type { Warning } from '../parse/warnings.js';
import type { DocumentRow } from './document.entity.js';

/** A file as the API shows it. */
export interface KnowledgeFile {
  id: string;
  name: string;
  mediaType: string;
  bytes: number;
  /** 1, and one more with every upload of other bytes under its name. */
  version: number;
  state: DocumentState;
  /** Why it failed: a stable word, and a sentence for its owner. */
  reason: { code: string; message: string } | null;
  /** What of the file was not read, or read by a guess: stable words, and sentences for its owner. */
  warnings: Warning[];
  language: string | null;
  pages: number | null;
  characters: number | null;
  passages: number;
  createdAt: string;
  indexedAt: string | null;
}

export function shownFile({ id, name, mediaType, bytes, version, state, reasonCode, reason, warnings, language, pages, characters, passages,
  createdAt, indexedAt }: DocumentRow): KnowledgeFile {
  return {
    id, name, mediaType, bytes, version, state, reason: reasonCode ? { code: reasonCode, message: reason ?? '' } : null, warnings,
    language, pages, characters, passages,
    createdAt: createdAt.toISOString(), indexedAt: indexedAt?.toISOString() ?? null,
  };
}

/** What became of a form: its first file, and the others. */
export interface UploadedFiles extends KnowledgeFile {
  others: KnowledgeFile[];
  /** Files of the form that were not taken. Where none was, the request is refused. */
  refused: { name: string; code: string; message: string }[];
}

/** Types that a browser may show without running anything; everything else goes out as plain bytes. */
const HARMLESS = new Set(['application/pdf', 'text/plain', 'text/csv', 'text/markdown']);

/** Headers of a download (RFC 6266): an ASCII name for old clients, the real one beside it. */
export function attachment({ name, mediaType, bytes }: DocumentRow): { type: string; disposition: string; length: number } {
  const last = name.split('/').at(-1)!;
  const ascii = last.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(last).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return { type: HARMLESS.has(mediaType) ? mediaType : 'application/octet-stream',
    disposition: `attachment; filename="${ascii}"; filename*=UTF-8''${exact}`, length: bytes };
}
