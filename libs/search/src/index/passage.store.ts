import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import type { Language } from '#platform/text';
import { current, grantees } from '#platform/core';
import type { DocumentKind, FindPassages } from '../contract.js';
import { type Postings, unpackPostings } from '../rank/postings.js';

export interface IndexStatistics {
  passages: number;
  averageLength: number;
  languages: Language[];
  /** Whether some documents are granted to some people only. */
  restricted: boolean;
  /** Whether there are samples, which are not found beside documents of the tenant's own. */
  samples: boolean;
}

/** What ranking reads of a candidate. */
export interface Candidate {
  number: number;
  documentId: string;
  kind: DocumentKind;
  /** Of a FAQ its question. */
  name: string;
  language: Language;
  terms: string[];
}

interface PassageRow {
  number: number;
  id: string;
  documentId: string;
  kind: DocumentKind;
  name: string;
  heading: string | null;
  page: number | null;
  start: number;
  end: number;
  text: string;
  context: string;
}

/** Passages above which a range of the vocabulary is narrowed: it would be tens of thousands of rows. */
const LARGE = 5_000;
/** Words that one misspelt word is compared with. */
const MOST_COMPARED = 3_000;

export type Filter = Pick<FindPassages, 'kinds' | 'documentIds'>;

/** Reads the tenant's index. */
@Injectable()
export class PassageStore {
  constructor(private readonly db: Db) {}

  async statistics(): Promise<IndexStatistics> {
    const [row] = await this.db.query<{ passages: number; terms: number; languages: Language[]; restricted: boolean; samples: boolean }>(
      `select passages, terms, languages, exists (select from search.document where tenant_id = $1 and granted_to is not null) as restricted,
         exists (select from search.document where tenant_id = $1 and sample)
           and exists (select from search.document where tenant_id = $1 and not sample and generation > 0) as samples
       from search.statistics where tenant_id = $1`,
      [current().tenantId],
    );
    return { passages: row?.passages ?? 0, averageLength: row && row.passages > 0 ? row.terms / row.passages : 0,
      languages: row?.languages ?? [], restricted: row?.restricted ?? false, samples: row?.samples ?? false };
  }

  /**
   * Postings of each term, of all the tenant's documents together: one row a term comes back, however many documents hold it. Gathered term
   * by term, which spares the sort that grouping would begin with (measured: a fifth of the time).
   */
  async postings(terms: string[]): Promise<Map<string, Postings>> {
    if (terms.length === 0) return new Map();
    const rows = await this.db.query<{ term: string; entries: Buffer | null }>(
      `select asked.term, (select string_agg(entries, ''::bytea) from search.posting where tenant_id = $1 and term = asked.term) as ` +
        `entries from unnest($2::text[]) as asked (term)`,
      [current().tenantId, [...new Set(terms)]],
    );
    return new Map(rows.flatMap(({ term, entries }) => (entries ? [[term, unpackPostings(entries)]] : [])));
  }

  /**
   * Words of the tenant's documents that begin like `word` and are about as long: with its first letter, or the first two in a large index.
   * Those of its own length first, and no more than can be compared in some milliseconds.
   */
  async vocabulary(word: string, passages: number): Promise<string[]> {
    const start = word.slice(0, passages > LARGE ? 2 : 1);
    const rows = await this.db.query<{ term: string }>(
      `select term from search.posting where tenant_id = $1 and term >= $2 and term < $3 and length(term) between $4::int - 2 and $4::int + 2
       group by term order by abs(length(term) - $4::int), term limit ${MOST_COMPARED}`,
      [current().tenantId, start, start.slice(0, -1) + String.fromCodePoint(start.codePointAt(start.length - 1)! + 1), word.length],
    );
    return rows.map(({ term }) => term);
  }

  /** Which of these terms stand in the tenant's documents. */
  async known(terms: string[]): Promise<Set<string>> {
    const rows = await this.db.query<{ term: string }>(
      'select asked.term from unnest($2::text[]) as asked (term) where exists (select from search.posting p where p.tenant_id = $1 and ' +
        'p.term = asked.term)',
      [current().tenantId, [...new Set(terms)]],
    );
    return new Set(rows.map(({ term }) => term));
  }

  /** The shortest terms that begin or end with `part`. Reads the tenant's whole vocabulary, so nothing comes of a large index. */
  async holding(part: string, passages: number, limit: number): Promise<string[]> {
    if (passages > LARGE) return [];
    const rows = await this.db.query<{ term: string }>(
      `select distinct term, length(term) as size from search.posting where tenant_id = $1 and length(term) > length($2::text) + 2
         and (left(term, length($2::text)) = $2 or right(term, length($2::text)) = $2) order by size, term limit $3`,
      [current().tenantId, part, limit],
    );
    return rows.map(({ term }) => term);
  }

  /** Numbers of the passages that a filter and the asker's grants let through; undefined where both let all through. */
  async allowed({ kinds, documentIds }: Filter,
    { restricted, samples }: Pick<IndexStatistics, 'restricted' | 'samples'>): Promise<Set<number> | undefined> {
    const ids = restricted ? grantees() : undefined;
    const own = samples && !documentIds;
    if (!kinds && !documentIds && !ids && !own) return undefined;
    const rows = await this.db.query<{ number: number }>(
      `select c.number from search.chunk c join search.document d on d.tenant_id = c.tenant_id and d.id = c.document_id and
      d.generation = c.generation
       where c.tenant_id = $1 and ($2::text[] is null or d.kind = any($2)) and ($3::uuid[] is null or d.id = any($3)) and ($4::uuid[]
       is null or d.granted_to is null or d.granted_to && $4) and not ($5 and d.sample)`,
      [current().tenantId, kinds ?? null, documentIds ?? null, ids ?? null, own],
    );
    return new Set(rows.map(({ number }) => number));
  }

  async candidates(numbers: number[]): Promise<Candidate[]> {
    if (numbers.length === 0) return [];
    const rows = await this.db.query<Omit<Candidate, 'terms'> & { terms: string }>(
      `select c.number, c.document_id as "documentId", d.kind, d.name, d.language, c.terms
       from search.chunk c join search.document d on d.tenant_id = c.tenant_id and d.id = c.document_id and d.generation = c.generation
       where c.tenant_id = $1 and c.number = any($2::int[]) and ($3::uuid[] is null or d.granted_to is null or d.granted_to && $3)`,
      [current().tenantId, numbers, grantees() ?? null],
    );
    return rows.map((row) => ({ ...row, terms: row.terms === '' ? [] : row.terms.split(' ') }));
  }

  async passages(numbers: number[]): Promise<Map<number, PassageRow>> {
    if (numbers.length === 0) return new Map();
    const rows = await this.db.query<PassageRow>(
      `select c.number, c.id, c.document_id as "documentId", d.kind, d.name, c.heading, c.page, c.start_at as start, c.end_at as "end",
      c.text, c.context
       from search.chunk c join search.document d on d.tenant_id = c.tenant_id and d.id = c.document_id and d.generation = c.generation
       where c.tenant_id = $1 and c.number = any($2::int[]) and ($3::uuid[] is null or d.granted_to is null or d.granted_to && $3)`,
      [current().tenantId, numbers, grantees() ?? null],
    );
    return new Map(rows.map((row) => [row.number, row]));
  }
}
