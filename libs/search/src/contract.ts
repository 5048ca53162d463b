import { contract } from '#platform/core';

export type DocumentKind = 'file' | 'faq';
export type DocumentState = 'queued' | 'parsing' | 'indexing' | 'ready' | 'failed';

/** One piece of a tenant's knowledge that fits a question, and the place it stands at. */
export interface Passage {
  chunkId: string;
  documentId: string;
  /** The file's name, or the question of a FAQ. */
  documentName: string;
  kind: DocumentKind;
  /** Headings above the passage, outermost first, joined by ` › `. */
  heading: string | null;
  /** 1-based; only documents that have pages (PDF). */
  page: number | null;
  /** Character span of `text` in the document's extracted plain text (UTF-16 units, end exclusive). */
  start: number;
  end: number;
  text: string;
  /**
   * What names the values in `text` without standing in it: the header row of a table that began in an earlier passage; empty otherwise. To
   * be shown before the text, never as part of the span.
   */
  context: string;
  /** 0..1, higher is better; comparable within one answer only. */
  score: number;
  /**
   * 0..1: the share of the question's meaning-bearing words (weighted by rarity) this passage holds. Low everywhere means the documents do
   * not say.
   */
  coverage: number;
}

export interface FindPassages {
  text: string;
  /** 1..50. */
  limit: number;
  kinds?: DocumentKind[];
  documentIds?: string[];
}

/** What a tenant's knowledge base holds now. */
export interface KnowledgeStatistics {
  files: number;
  faqs: number;
  /** Documents accepted and not searchable yet. */
  pending: number;
  failed: number;
  passages: number;
  bytes: number;
}

/** The tenant's knowledge base. The tenant is always the caller's own. */
export abstract class Search {
  /** Best passages first; empty when nothing fits. Documents still being indexed are not seen. */
  abstract find(ask: FindPassages): Promise<Passage[]>;
  /**
   * Accepts a text document under the caller's own id (a UUID) for indexing. Same id and same content again: nothing happens; same id with
   * other content replaces it. A `sample` is found only while the tenant has nothing else, or where it is asked for by its id.
   */
  abstract add(document: { id: string; name: string; mediaType: 'text/markdown' | 'text/plain' | 'text/html'; text: string;
    sample?: boolean }): Promise<{ id: string; state: DocumentState }>;
  /** How far a document is. `reason` says why a failed one failed, in words for its owner. */
  abstract status(ask: { id: string }): Promise<{ id: string; state: DocumentState; reason: string | null }>;
  /** Takes a document out of the knowledge base, with its passages and vectors. Removing an unknown id changes nothing. */
  abstract remove(ask: { id: string }): Promise<void>;
  /** Vectors of texts by the configured embedder, unit length. At most 256 texts. */
  abstract embed(ask: { texts: string[]; kind: 'query' | 'passage' }): Promise<{ model: string; dimensions: number; vectors: number[][];
    tokens: number }>;
  abstract statistics(ask: Record<string, never>): Promise<KnowledgeStatistics>;
}

export const searchContract = contract<Search>('search', Search, {
  find: 'query',
  add: 'command',
  status: 'query',
  remove: 'command',
  embed: { kind: 'query', deadlineMs: 60_000 },
  statistics: 'query',
});
