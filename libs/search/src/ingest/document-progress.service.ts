import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Db } from '#platform/database';
import { Events, Jobs } from '#platform/messaging';
import { current } from '#platform/core';
import { DocumentRow } from '../document/document.entity.js';
import { documentFailed, documentIndexed } from '../events.js';
import { IndexStore } from '../index/index.store.js';
import { orderIndexing } from '../jobs.js';
import type { UnreadableReason } from '../parse/unreadable.js';
import { ARRIVED } from '../search.data.js';
import type { PreparedDocument } from '../prepare/prepare.js';

/** Documents one job takes up: so many small ones share a parser and a unit of work, */
const MOST_DOCUMENTS = 50;
/** and one large one keeps no others waiting. */
const MOST_BYTES = 262_144;
/** A document is accepted as revision 1. */
const FIRST_TRY = 2;

interface Whole {
  document: DocumentRow;
  prepared: PreparedDocument;
  /** Null where no vectors were made. */
  embedder: string | null;
}

/** Records how far documents are. Each try works under a revision of its own, and touches nothing once there is a newer one. */
@Injectable()
export class DocumentProgress {
  constructor(
    private readonly db: Db,
    private readonly store: IndexStore,
    private readonly events: Events,
    private readonly jobs: Jobs,
  ) {}

  /**
   * Takes up what waits, the oldest first, under new revisions: a process that was thought dead and wakes up in the middle of an earlier
   * try can neither add to what this one writes nor set back how far it is. What earlier tries left goes. A job that is tried again
   * takes up what its own earlier try had, and nothing else. Where more waits, the next job is ordered.
   */
  async take(jobId: string): Promise<{ documents: DocumentRow[]; again: boolean }> {
    const { tenantId } = current();
    return this.db.tx(async () => {
      const left = await this.db.query<{ id: string }>(
        `update search.document set state = 'parsing', revision = revision + 1
         where tenant_id = $1 and job_id = $2 and state in ('parsing', 'indexing') returning id`, [tenantId, jobId]);
      const again = left.length > 0;
      const ids = (again ? left : await this.takeQueued(jobId)).map(({ id }) => id);
      const documents = await this.db.repo(DocumentRow).find({ where: { tenantId, id: In(ids) }, order: { createdAt: 'ASC', id: 'ASC' } });
      for (const { id, revision, generation } of documents)
        if (again || generation > 0 || revision > FIRST_TRY) await this.store.clear(id, { but: generation });
      return { documents, again };
    });
  }

  private async takeQueued(jobId: string): Promise<{ id: string }[]> {
    const rows = await this.db.query<{ id: string; more: boolean }>(
      `with waiting as materialized (
         select id, bytes, indexed_at is not null as again, created_at from search.document where tenant_id = $1 and state = 'queued'
         order by again, created_at, id limit $3 for update skip locked
       ), taken as materialized (
         select id from (select id, sum(bytes) over (order by again, created_at, id) - bytes as before from waiting) w where before < $4
       )
       update search.document d set state = 'parsing', revision = revision + 1, job_id = $2
       from taken where d.tenant_id = $1 and d.id = taken.id
       returning d.id, (select count(*) from waiting) = $3 or (select count(*) from waiting) > (select count(*) from taken) as more`,
      [current().tenantId, jobId, MOST_DOCUMENTS, MOST_BYTES],
    );
    if (rows[0]?.more) await orderIndexing(this.jobs);
    return rows;
  }

  /** Holds the rows until the unit ends, so that whoever wants to take one up waits. Returns those that no newer revision has overtaken. */
  async hold(documents: { id: string; revision: number }[]): Promise<Set<string>> {
    const rows = await this.db.query<{ id: string }>(
      `select d.id from search.document d join unnest($2::uuid[], $3::int[]) as w (id, revision) on d.id = w.id and d.revision = w.revision
       where d.tenant_id = $1 order by d.id for no key update of d`,
      [current().tenantId, documents.map(({ id }) => id), documents.map(({ revision }) => revision)],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Shows that a large document has been read and is being written. */
  async indexing(ids: string[]): Promise<void> {
    await this.db.query(
      `update search.document set state = 'indexing' where tenant_id = $1 and id = any ($2::uuid[]) and state = 'parsing'`,
      [current().tenantId, ids],
    );
  }

  /** Makes what was indexed live, in the place of what was live before. The caller's unit holds the rows. */
  async indexed(whole: Whole[]): Promise<void> {
    if (whole.length === 0) return;
    const { tenantId } = current();
    const ids = whole.map(({ document }) => document.id);
    const column = <T>(value: (prepared: PreparedDocument) => T): T[] => whole.map(({ prepared }) => value(prepared));
    const passages = column(({ parts }) => parts.reduce((sum, part) => sum + part.passages.length, 0));
    await this.db.query(
      `update search.document d set state = 'ready', reason = null, reason_code = null, warnings = w.warnings::jsonb, language = w.language,
         pages = w.pages, characters = w.characters, passages = w.passages, embedder = w.embedder, generation = d.revision,
         indexed_at = now(), job_id = null
       from unnest($2::uuid[], $3::text[], $4::text[], $5::int[], $6::int[], $7::int[], $8::text[])
         as w (id, warnings, language, pages, characters, passages, embedder) where d.tenant_id = $1 and d.id = w.id`,
      [tenantId, ids, column(({ warnings }) => JSON.stringify(warnings)), column(({ language }) => language), column(({ pages }) => pages),
        column(({ text }) => text.length), passages, whole.map(({ embedder }) => embedder)],
    );
    for (const { document } of whole) if (document.generation > 0) await this.store.clear(document.id, { but: document.revision });
    await this.db.query(
      `insert into search.content (tenant_id, document_id, text) select $1, id, text from unnest($2::uuid[], $3::text[]) as c (id, text)
       on conflict (tenant_id, document_id) do update set text = excluded.text`, [tenantId, ids, column(({ text }) => text)]);
    await this.events.publishAll(documentIndexed, whole.flatMap(({ document, prepared }, at) => (document.reasonCode === ARRIVED ? []
      : [{ documentId: document.id, kind: document.kind, passages: passages[at]!, characters: prepared.text.length }])));
  }

  /**
   * New content that cannot be read ends the old one's being found; where something else stood in the way, what was indexed before stays.
   * Nothing is written for a try that another one has overtaken.
   */
  async failed(document: DocumentRow, code: UnreadableReason | 'internal', reason: string): Promise<void> {
    await this.db.tx(async () => {
      const same = { tenantId: current().tenantId, id: document.id, revision: document.revision };
      const unread = code === 'internal' ? {} : { passages: 0 };
      const { affected } = await this.db.repo(DocumentRow).update(same, { state: 'failed', reasonCode: code, reason, ...unread });
      if (!affected) return;
      await this.store.clear(document.id, code === 'internal' ? { but: document.generation } : {});
      await this.events.publish(documentFailed, { documentId: document.id, kind: document.kind, reason: code });
    });
  }
}
