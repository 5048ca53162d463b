import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { AppError, current, fromGrants, grantees, isGranted, notFound, ResourceAccess, toGrants } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Blobs } from '#platform/adapters';
import { Db, onDuplicate, type Page, paged, type PageQuery } from '#platform/database';
import { Events, Jobs } from '#platform/messaging';
import type { DocumentKind, DocumentState, KnowledgeStatistics } from '../contract.js';
import { documentRemoved } from '../events.js';
import { IndexStore } from '../index/index.store.js';
import { orderIndexing } from '../jobs.js';
import { blobKey } from './blob-key.js';
import { DocumentRow } from './document.entity.js';

/** A document that is new, or takes the place of one of the same id. */
export type Accepted = Pick<DocumentRow, 'id' | 'kind' | 'source' | 'name' | 'mediaType' | 'format' | 'bytes' | 'fingerprint'> &
  Partial<Pick<DocumentRow, 'sample'>>;

/** The tenant's documents, whatever they are made of: accepted, listed, removed. */
@Injectable()
export class DocumentService {
  constructor(
    private readonly db: Db,
    private readonly blobs: Blobs,
    private readonly jobs: Jobs,
    private readonly events: Events,
    private readonly index: IndexStore,
  ) {}

  /** Records documents and orders their indexing, in one unit: accepted means that it will happen. Joins an open unit. */
  async accept(documents: Accepted[]): Promise<DocumentRow[]> {
    const { tenantId, actor } = current();
    const rows = documents.map((document): DocumentRow => ({
      sample: false, ...document, tenantId, state: 'queued', reason: null, reasonCode: null, warnings: [], language: null, pages: null,
      characters: null, passages: 0, embedder: null, revision: 1, version: 1, generation: 0, jobId: null, grantedTo: null,
      createdBy: actor.id, createdAt: new Date(), indexedAt: null,
    }));
    await this.db.tx(async () => {
      await this.db.repo(DocumentRow).insert(rows);
      await orderIndexing(this.jobs);
    });
    return rows;
  }

  /** Indexes a document again: other content, another name, or one more try. What it held stays findable until then. */
  async renew(id: string, change: Partial<Pick<DocumentRow,
    'name' | 'mediaType' | 'format' | 'bytes' | 'fingerprint'>> = {}): Promise<void> {
    await this.db.tx(async () => {
      await this.db.repo(DocumentRow).update({ tenantId: current().tenantId, id },
        { ...change, state: 'queued', reason: null, reasonCode: null, revision: () => 'revision + 1',
          ...(change.fingerprint ? { version: () => 'version + 1' } : {}) });
      await orderIndexing(this.jobs);
    });
  }

  /** Whoever asks: for the house's own work. */
  find(id: string): Promise<DocumentRow | null> {
    return this.db.repo(DocumentRow).findOneBy({ tenantId: current().tenantId, id });
  }

  async get(kind: DocumentKind, id: string): Promise<DocumentRow> {
    const document = await this.db.repo(DocumentRow).findOneBy({ tenantId: current().tenantId, id, kind });
    if (!document || !isGranted(document.grantedTo)) throw notFound(kind);
    return document;
  }

  async access(kind: DocumentKind, id: string): Promise<ResourceAccess> {
    return fromGrants((await this.get(kind, id)).grantedTo);
  }

  @Audited('search.access.changed', { target: (_now: ResourceAccess, [, id]: [DocumentKind, string]) => id,
    detail: ({ access, grantedTo }: ResourceAccess) => ({ access, granted: grantedTo.length }) })
  async setAccess(kind: DocumentKind, id: string, access: ResourceAccess): Promise<ResourceAccess> {
    const { tenantId } = await this.get(kind, id);
    const grantedTo = toGrants(access);
    await onDuplicate(this.db.repo(DocumentRow).update({ tenantId, id }, { grantedTo }), () => new AppError('conflict', 'search.open-twice',
      'An open document with this content or question came in since, so this one stays restricted. Delete one of the two.'));
    return fromGrants(grantedTo);
  }

  /** Among open documents: a restricted one is never the same again, or whoever brings its bytes would learn of it. */
  sameAs(source: DocumentRow['source'], fingerprint: Buffer): Promise<DocumentRow | null> {
    return this.db.repo(DocumentRow).findOneBy({ tenantId: current().tenantId, source, fingerprint, grantedTo: IsNull() });
  }

  /** The upload of this name that the asker may see; the oldest, where earlier releases kept several. */
  async uploadNamed(name: string): Promise<DocumentRow | undefined> {
    const rows = await this.db.repo(DocumentRow).find({ where: { tenantId: current().tenantId, source: 'upload', name },
      order: { createdAt: 'ASC', id: 'ASC' } });
    return rows.find(({ grantedTo }) => isGranted(grantedTo));
  }

  list<T>(kind: DocumentKind, page: PageQuery, state: DocumentState | undefined, item: (row: DocumentRow) => T): Promise<Page<T>> {
    const ofKind = { tenant: current().tenantId, kind };
    const query = this.db.repo(DocumentRow).createQueryBuilder('d').where('d.tenantId = :tenant and d.kind = :kind', ofKind);
    const ids = grantees();
    if (ids) query.andWhere('(d.grantedTo is null or d.grantedTo && :ids::uuid[])', { ids });
    if (state) query.andWhere('d.state = :state', { state });
    return paged(query, page, item, { createdAt: 'DESC', id: 'DESC' });
  }

  /** The extracted text, of which spans and citations speak; empty until the document is ready. */
  async text(id: string): Promise<string> {
    const [row] = await this.db.query<{ text: string }>('select text from search.content where tenant_id = $1 and document_id = $2',
      [current().tenantId, id]);
    return row?.text ?? '';
  }

  /** Returns whether there was such a document. The stored file goes last: without its row nobody can ask for it. */
  async remove(id: string, kind?: DocumentKind): Promise<boolean> {
    const removed = await this.removeRow(id, kind);
    if (removed) await this.blobs.delete(blobKey(id));
    return removed !== false;
  }

  @Audited('search.document.removed',
    { detail: (removed: DocumentRow | false) => (removed ? { kind: removed.kind, name: removed.name } : {}) })
  removeRow(id: string, kind?: DocumentKind): Promise<DocumentRow | false> {
    return this.db.tx(async () => {
      // Its row first, as whoever indexes takes it: in another order the two could wait for each other.
      await this.db.query('select 1 from search.document where tenant_id = $1 and id = $2 for update', [current().tenantId, id]);
      const document = await this.db.repo(DocumentRow).findOneBy({ tenantId: current().tenantId, id, ...(kind ? { kind } : {}) });
      if (!document || !isGranted(document.grantedTo)) return false;
      await this.index.clear(id);
      const { affected } = await this.db.repo(DocumentRow).delete({ tenantId: current().tenantId, id });
      if (!affected) return false;
      await this.events.publish(documentRemoved, { documentId: id, kind: document.kind });
      return document;
    });
  }

  async statistics(): Promise<KnowledgeStatistics> {
    const [row] = await this.db.query<Record<keyof KnowledgeStatistics, string | number>>(
      `select count(*) filter (where kind = 'file') as files, count(*) filter (where kind = 'faq') as faqs, count(*) filter (where
      state not in ('ready', 'failed')) as pending,
         count(*) filter (where state = 'failed') as failed, coalesce(sum(passages), 0) as passages, coalesce(sum(bytes), 0) as bytes
       from search.document where tenant_id = $1`,
      [current().tenantId],
    );
    return Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, Number(value)])) as unknown as KnowledgeStatistics;
  }
}

export function fingerprintOf(...parts: (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
