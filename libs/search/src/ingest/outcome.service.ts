import { Injectable } from '@nestjs/common';
import { Db, Events, current } from '#kernel';
import { DocumentRow } from '../document/document.entity.js';
import { documentFailed, documentIndexed } from '../events.js';
import type { ParsedDocument } from '../parse/parsed-document.js';
import type { UnreadableReason } from '../parse/unreadable.js';
import { type Indexable, IndexStore } from './index.store.js';

/** Records how far a document is. Only a document that still has the content the work began with is touched. */
@Injectable()
export class Outcome {
  constructor(
    private readonly db: Db,
    private readonly store: IndexStore,
    private readonly events: Events,
  ) {}

  async reached(document: DocumentRow, state: 'parsing' | 'indexing'): Promise<void> {
    await this.db.repo(DocumentRow).update(same(document), { state });
  }

  async indexed(document: DocumentRow, parsed: ParsedDocument, indexable: Indexable): Promise<void> {
    await this.db.tx(async () => {
      const { tenantId } = current();
      const { affected } = await this.db.repo(DocumentRow).update(same(document), {
        state: 'ready', reason: null, reasonCode: null, language: indexable.language, pages: parsed.pages, characters: parsed.text.length,
        embedder: indexable.embedder.vectors.length > 0 ? indexable.embedder.name : null, indexedAt: new Date(),
      });
      if (!affected) return;
      await this.store.replace(indexable);
      await this.db.query('insert into search.content (tenant_id, document_id, text) values ($1, $2, $3) on conflict (tenant_id, document_id) do update set text = excluded.text', [tenantId, document.id, parsed.text]);
      await this.events.publish(documentIndexed, { documentId: document.id, kind: document.kind, passages: indexable.passages.length, characters: parsed.text.length });
    });
  }

  /** New content that cannot be read ends the old one's being found; where something else stood in the way, what was indexed before stays. */
  async failed(document: DocumentRow, code: UnreadableReason | 'internal', reason: string): Promise<void> {
    await this.db.tx(async () => {
      const { affected } = await this.db.repo(DocumentRow).update(same(document), { state: 'failed', reasonCode: code, reason });
      if (!affected) return;
      if (code !== 'internal') await this.store.clear(document.id);
      await this.events.publish(documentFailed, { documentId: document.id, kind: document.kind, reason: code });
    });
  }
}

function same({ id, revision }: DocumentRow): { tenantId: string; id: string; revision: number } {
  return { tenantId: current().tenantId, id, revision };
}
