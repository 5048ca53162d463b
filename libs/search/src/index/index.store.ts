import { Injectable } from '@nestjs/common';
import { current, newId } from '#platform/core';
import { Db, vectorParam } from '#platform/database';
import type { Language } from '#platform/text';
import type { PreparedPart, PreparedPassage } from '../prepare/prepare.js';
import { numberedFrom } from '../rank/postings.js';

/** Some passages of a document with, where there are any, their vectors. */
export interface IndexPart {
  documentId: string;
  /** The document's revision they were made under. They are found once the document says that this one is live. */
  generation: number;
  language: Language;
  part: PreparedPart;
  model: string;
  vectors: Float32Array[];
}

/** A part and the number of its first passage. */
type Numbered = IndexPart & { first: number };

/**
 * Writes the tenant's index, parts of many documents in one unit of work. A large document goes in with several units: on the embedded
 * engine an open one stops everybody else. Every change keeps the tenant's statistics in step with its rows, in the same unit.
 */
@Injectable()
export class IndexStore {
  constructor(private readonly db: Db) {}

  /** The caller's unit holds the documents' rows. */
  async append(parts: IndexPart[]): Promise<void> {
    if (parts.length === 0) return;
    await this.db.tx(async () => {
      let next = await this.reserve(parts);
      const numbered = parts.map((part): Numbered => {
        const first = next;
        next += part.part.passages.length;
        return { ...part, first };
      });
      await this.insertChunks(numbered);
      await this.insertPostings(numbered);
      await this.insertVectors(numbered);
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

  /** The first of fresh numbers. The row stays locked until the unit ends, so numbers become visible in their order. */
  private async reserve(parts: IndexPart[]): Promise<number> {
    const passages = parts.flatMap(({ part }) => part.passages);
    const terms = passages.reduce((sum, { length }) => sum + length, 0);
    const [row] = await this.db.query<{ first: number }>(
      `insert into search.statistics as s (tenant_id, passages, terms, next_number, languages) values ($1, $2, $3, $2, $4::text[])
       on conflict (tenant_id) do update set passages = s.passages + excluded.passages, terms = s.terms + excluded.terms,
         next_number = s.next_number + excluded.passages,
         languages = s.languages || array(select l from unnest(excluded.languages) as l where l <> all (s.languages))
       returning next_number - $2 as first`,
      [current().tenantId, passages.length, terms, [...new Set(parts.map(({ language }) => language))]],
    );
    return row!.first;
  }

  private async insertChunks(parts: Numbered[]): Promise<void> {
    const rows = parts.flatMap(({ documentId, generation, first, part }) =>
      part.passages.map((passage, at) => ({ documentId, generation, number: first + at, passage })));
    const column = <T>(value: (passage: PreparedPassage) => T): T[] => rows.map(({ passage }) => value(passage));
    await this.db.query(
      `insert into search.chunk (tenant_id, document_id, generation, number, id, heading, page, start_at, end_at, text, context,
         terms, length)
       select $1, c.* from unnest($2::uuid[], $3::int[], $4::int[], $5::uuid[], $6::text[], $7::int[], $8::int[], $9::int[], $10::text[],
         $11::text[], $12::text[], $13::float4[]) as c`,
      [
        current().tenantId, rows.map(({ documentId }) => documentId), rows.map(({ generation }) => generation),
        rows.map(({ number }) => number), rows.map(() => newId()), column(({ heading }) => heading), column(({ page }) => page),
        column(({ start }) => start), column(({ end }) => end), column(({ text }) => text), column(({ context }) => context),
        column(({ terms }) => terms), column(({ length }) => length),
      ],
    );
  }

  /** The server cuts the terms and their entries apart: handing over tens of thousands of small values would take this process longer. */
  private async insertPostings(parts: Numbered[]): Promise<void> {
    await this.db.query(
      `insert into search.posting (tenant_id, document_id, generation, part, term, entries)
       select $1, p.document_id, p.generation, p.first, t.term, substring(p.entries from t.start + 1 for t.stop - t.start)
       from unnest($2::uuid[], $3::int[], $4::int[], $5::text[], $6::text[], $7::bytea[])
           as p (document_id, generation, first, terms, ends, entries)
         cross join lateral (
           select term, stop, lag(stop, 1, 0) over (order by place) as start
           from unnest(string_to_array(p.terms, ' '), string_to_array(p.ends, ' ')::int[]) with ordinality as u (term, stop, place)
         ) t`,
      [
        current().tenantId, parts.map(({ documentId }) => documentId), parts.map(({ generation }) => generation),
        parts.map(({ first }) => first), parts.map(({ part }) => part.postings.terms), parts.map(({ part }) => part.postings.ends),
        parts.map(({ first, part }) => numberedFrom(first, part.postings.entries)),
      ],
    );
  }

  private async insertVectors(parts: Numbered[]): Promise<void> {
    const vectors = parts.flatMap(({ first, model, vectors: list }) => list.map((vector, at) => ({ number: first + at, model, vector })));
    if (vectors.length === 0) return;
    const rows = vectors.map((_, at) => `($1, $${4 * at + 2}::int, $${4 * at + 3}, $${4 * at + 4}::int, $${4 * at + 5})`);
    const values = vectors.flatMap(({ number, model, vector }) => [number, model, vector.length, vectorParam(vector)]);
    await this.db.query(`insert into search.embedding (tenant_id, number, model, dimensions, vector) values ${rows.join(', ')}`,
      [current().tenantId, ...values]);
  }
}
