import { Injectable } from '@nestjs/common';
import { Db, type Language, current, newId, vectorParam } from '#kernel';
import type { Chunk } from '../chunk/chunk.js';
import { packDocument } from '../rank/postings.js';
import type { PassageTerms } from '../rank/passage-terms.js';

/** A document as the index takes it: its passages with their terms in order and counted, and their vectors. */
export interface Indexable {
  documentId: string;
  language: Language;
  passages: { chunk: Chunk; terms: PassageTerms }[];
  embedder: { name: string; vectors: Float32Array[] };
}

const VECTORS_PER_STATEMENT = 50;

/** Writes the tenant's index. Every method joins the caller's unit of work and keeps the tenant's statistics in step with its rows. */
@Injectable()
export class IndexStore {
  constructor(private readonly db: Db) {}

  /** Puts a document's passages in the place of those it had. */
  async replace(document: Indexable): Promise<void> {
    await this.clear(document.documentId);
    const terms = sum(document);
    const first = await this.reserve(document.passages.length, terms, document.language);
    await this.insertChunks(document, first);
    await this.insertPostings(document, first);
    await this.insertVectors(document, first);
    await this.db.query('update search.document set passages = $3, terms = $4 where tenant_id = $1 and id = $2', [current().tenantId, document.documentId, document.passages.length, terms]);
  }

  /** Takes a document's passages, postings and vectors out. */
  async clear(documentId: string): Promise<void> {
    const key = [current().tenantId, documentId];
    const [had] = await this.db.query<{ passages: number; terms: number }>('select passages, terms from search.document where tenant_id = $1 and id = $2 for update', key);
    if (!had || had.passages === 0) return;
    await this.db.query('delete from search.chunk where tenant_id = $1 and document_id = $2', key);
    await this.db.query('delete from search.posting where tenant_id = $1 and document_id = $2', key);
    await this.db.query('update search.document set passages = 0, terms = 0 where tenant_id = $1 and id = $2', key);
    await this.db.query('update search.statistics set passages = passages - $2, terms = greatest(0, terms - $3) where tenant_id = $1', [current().tenantId, had.passages, had.terms]);
  }

  /** The first of `passages` fresh numbers. The row stays locked until the unit ends, so numbers become visible in their order. */
  private async reserve(passages: number, terms: number, language: Language): Promise<number> {
    const [row] = await this.db.query<{ first: number }>(
      `insert into search.statistics as s (tenant_id, passages, terms, next_number, languages) values ($1, $2, $3, $2, array[$4::text])
       on conflict (tenant_id) do update set passages = s.passages + excluded.passages, terms = s.terms + excluded.terms, next_number = s.next_number + excluded.passages,
         languages = case when $4 = any(s.languages) then s.languages else s.languages || $4::text end
       returning next_number - $2 as first`,
      [current().tenantId, passages, terms, language],
    );
    return row!.first;
  }

  private async insertChunks({ documentId, passages }: Indexable, first: number): Promise<void> {
    const column = <T>(value: (chunk: Chunk) => T): T[] => passages.map(({ chunk }) => value(chunk));
    await this.db.query(
      `insert into search.chunk (tenant_id, document_id, number, id, heading, page, start_at, end_at, text, terms)
       select $1, $2, $3 + ordinality - 1, id, heading, page, start_at, end_at, text, terms
       from unnest($4::uuid[], $5::text[], $6::int[], $7::int[], $8::int[], $9::text[], $10::text[]) with ordinality as c (id, heading, page, start_at, end_at, text, terms, ordinality)`,
      [
        current().tenantId, documentId, first, passages.map(() => newId()),
        column((chunk) => chunk.headings.join(' › ') || null), column((chunk) => chunk.page), column((chunk) => chunk.start), column((chunk) => chunk.end), column((chunk) => chunk.text),
        passages.map(({ terms }) => terms.sequence.join(' ')),
      ],
    );
  }

  private async insertPostings({ documentId, passages }: Indexable, first: number): Promise<void> {
    const packed = packDocument(passages.map(({ terms }) => terms), first);
    // In the order of the index: neighbouring rows go to neighbouring pages.
    const terms = [...packed.keys()].sort();
    await this.db.query(
      'insert into search.posting (tenant_id, document_id, term, entries) select $1, $2, term, entries from unnest($3::text[], $4::bytea[]) as p (term, entries)',
      [current().tenantId, documentId, terms, terms.map((term) => packed.get(term)!)],
    );
  }

  private async insertVectors({ embedder }: Indexable, first: number): Promise<void> {
    const { tenantId } = current();
    for (let from = 0; from < embedder.vectors.length; from += VECTORS_PER_STATEMENT) {
      const batch = embedder.vectors.slice(from, from + VECTORS_PER_STATEMENT);
      const rows = batch.map((_, at) => `($1, $${3 * at + 3}::int, $2, $${3 * at + 4}::int, $${3 * at + 5})`);
      const values = batch.flatMap((vector, at) => [first + from + at, vector.length, vectorParam(vector)]);
      await this.db.query(`insert into search.embedding (tenant_id, number, model, dimensions, vector) values ${rows.join(', ')}`, [tenantId, embedder.name, ...values]);
    }
  }
}

function sum({ passages }: Indexable): number {
  return passages.reduce((total, { terms }) => total + terms.length, 0);
}
