import { Injectable } from '@nestjs/common';
import { AppError, current, newId } from '#platform/core';
import { Db, vectorParam } from '#platform/database';
import type { Language } from '#platform/text';
import type { Chunk } from '../chunk/chunk.js';
import { packDocument } from '../rank/postings.js';
import type { PassageTerms } from '../rank/passage-terms.js';

/** Some passages of a document, in order, with their terms and, where there are any, their vectors. */
export interface IndexPart {
  documentId: string;
  /** The document's revision they were made under. They are found once the document says that this one is live. */
  generation: number;
  language: Language;
  passages: { chunk: Chunk; terms: PassageTerms }[];
  model: string;
  vectors: Float32Array[];
}

/**
 * Writes the tenant's index. A document goes in part by part, each a short unit of work of its own: on the embedded engine an open one
 * stops everybody else. Every change keeps the tenant's statistics in step with its rows, in the same unit.
 */
@Injectable()
export class IndexStore {
  constructor(private readonly db: Db) {}

  /** Refuses a part of an older revision: another try has taken the document up since, or its content is another. */
  async append(part: IndexPart): Promise<void> {
    await this.db.tx(async () => {
      await this.assertNewest(part);
      const first = await this.reserve(part);
      await this.insertChunks(part, first);
      await this.insertPostings(part, first);
      await this.insertVectors(part, first);
    });
  }

  /** Takes generations of a document out: all, or all but one. The caller's unit holds the document's row. */
  async clear(documentId: string, { but }: { but?: number } = {}): Promise<void> {
    const { tenantId } = current();
    const these = 'tenant_id = $1 and document_id = $2 and ($3::int is null or generation <> $3)';
    const key = [tenantId, documentId, but ?? null];
    await this.db.tx(async () => {
      const [gone] = await this.db.query<{ passages: number; terms: number }>(
        `with gone as (delete from search.chunk where ${these} returning length) select count(*)::int as passages, ` +
          `coalesce(sum(length), 0)::float8 as terms from gone`,
        key,
      );
      if (gone!.passages === 0) return;
      await this.db.query(`delete from search.posting where ${these}`, key);
      await this.db.query('update search.statistics set passages = passages - $2, terms = greatest(0, terms - $3) where tenant_id = $1',
        [tenantId, gone!.passages, gone!.terms]);
    });
  }

  /** The row is held until the unit ends: whoever wants to take the document up waits until this part is in, or is not. */
  private async assertNewest({ documentId, generation }: IndexPart): Promise<void> {
    const mine = await this.db.query('select 1 from search.document where tenant_id = $1 and id = $2 and revision = $3 for share',
      [current().tenantId, documentId, generation]);
    if (mine.length === 0) throw overtaken();
  }

  /** The first of fresh numbers for a part. The row stays locked until the unit ends, so numbers become visible in their order. */
  private async reserve({ passages, language }: IndexPart): Promise<number> {
    const terms = passages.reduce((sum, one) => sum + one.terms.length, 0);
    const [row] = await this.db.query<{ first: number }>(
      `insert into search.statistics as s (tenant_id, passages, terms, next_number, languages) values ($1, $2, $3, $2, array[$4::text])
       on conflict (tenant_id) do update set passages = s.passages + excluded.passages, terms = s.terms + excluded.terms, next_number =
       s.next_number + excluded.passages,
         languages = case when $4 = any(s.languages) then s.languages else s.languages || $4::text end
       returning next_number - $2 as first`,
      [current().tenantId, passages.length, terms, language],
    );
    return row!.first;
  }

  private async insertChunks({ documentId, generation, passages }: IndexPart, first: number): Promise<void> {
    const column = <T>(value: (chunk: Chunk) => T): T[] => passages.map(({ chunk }) => value(chunk));
    await this.db.query(
      `insert into search.chunk (tenant_id, document_id, generation, number, id, heading, page, start_at, end_at, text, context,
         terms, length)
       select $1, $2, $3, $4 + ordinality - 1, id, heading, page, start_at, end_at, text, context, terms, length
       from unnest($5::uuid[], $6::text[], $7::int[], $8::int[], $9::int[], $10::text[], $11::text[], $12::text[],
         $13::float4[])
         with ordinality as c (id, heading, page, start_at, end_at, text, context, terms, length, ordinality)`,
      [
        current().tenantId, documentId, generation, first, passages.map(() => newId()),
        column((chunk) => chunk.headings.join(' › ') || null), column((chunk) => chunk.page), column((chunk) => chunk.start),
        column((chunk) => chunk.end), column((chunk) => chunk.text), column((chunk) => chunk.context),
        passages.map(({ terms }) => terms.sequence.join(' ')), passages.map(({ terms }) => terms.length),
      ],
    );
  }

  private async insertPostings({ documentId, generation, passages }: IndexPart, first: number): Promise<void> {
    const packed = packDocument(passages.map(({ terms }) => terms), first);
    // In the order of the index: neighbouring rows go to neighbouring pages.
    const terms = [...packed.keys()].sort();
    await this.db.query(
      'insert into search.posting (tenant_id, document_id, generation, part, term, entries) select $1, $2, $3, $4, term, entries from ' +
        'unnest($5::text[], $6::bytea[]) as p (term, entries)',
      [current().tenantId, documentId, generation, first, terms, terms.map((term) => packed.get(term)!)],
    );
  }

  private async insertVectors({ model, vectors }: IndexPart, first: number): Promise<void> {
    if (vectors.length === 0) return;
    const rows = vectors.map((_, at) => `($1, $${3 * at + 3}::int, $2, $${3 * at + 4}::int, $${3 * at + 5})`);
    const values = vectors.flatMap((vector, at) => [first + at, vector.length, vectorParam(vector)]);
    await this.db.query(`insert into search.embedding (tenant_id, number, model, dimensions, vector) values ${rows.join(', ')}`,
      [current().tenantId, model, ...values]);
  }
}

/** Of a try that slept, was thought dead, and woke up: what it still has to write is no longer wanted. */
export function overtaken(): AppError {
  return new AppError('cancelled', 'search.overtaken',
    'The document has changed, is gone, or was taken up by another process while it was being indexed, so this try wrote nothing further.');
}
