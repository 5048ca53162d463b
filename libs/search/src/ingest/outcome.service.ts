import { Injectable } from '@nestjs/common';
import { Db, Events, current } from '#kernel';
import { DocumentRow } from '../document/document.entity.js';
import { documentFailed, documentIndexed } from '../events.js';
import type { ParsedDocument } from '../parse/parsed-document.js';
import type { UnreadableReason } from '../parse/unreadable.js';
import { ARRIVED } from '../search.data.js';
import { IndexStore } from './index.store.js';
import type { Indexed } from './indexer.service.js';

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

  /** Makes what was indexed live, in the place of what was live before. */
  async indexed(document: DocumentRow, parsed: ParsedDocument, { language, passages, embedder }: Indexed): Promise<void> {
    await this.db.tx(async () => {
      const characters = parsed.text.length;
      const { affected } = await this.db.repo(DocumentRow).update(same(document), {
        state: 'ready', reason: null, reasonCode: null, language, pages: parsed.pages, characters, passages, embedder, generation: document.revision, indexedAt: new Date(),
      });
      if (!affected) return this.store.clear(document.id, { only: document.revision });
      await this.store.clear(document.id, { but: document.revision });
      await this.db.query('insert into search.content (tenant_id, document_id, text) values ($1, $2, $3) on conflict (tenant_id, document_id) do update set text = excluded.text', [current().tenantId, document.id, parsed.text]);
      if (document.reasonCode !== ARRIVED) await this.events.publish(documentIndexed, { documentId: document.id, kind: document.kind, passages, characters });
    });
  }

  /** New content that cannot be read ends the old one's being found; where something else stood in the way, what was indexed before stays. */
  async failed(document: DocumentRow, code: UnreadableReason | 'internal', reason: string): Promise<void> {
    await this.db.tx(async () => {
      await this.store.clear(document.id, { only: document.revision });
      const { affected } = await this.db.repo(DocumentRow).update(same(document), { state: 'failed', reasonCode: code, reason });
      if (!affected) return;
      if (code !== 'internal') {
        await this.store.clear(document.id);
        await this.db.repo(DocumentRow).update(same(document), { passages: 0 });
      }
      await this.events.publish(documentFailed, { documentId: document.id, kind: document.kind, reason: code });
    });
  }
}

function same({ id, revision }: DocumentRow): { tenantId: string; id: string; revision: number } {
  return { tenantId: current().tenantId, id, revision };
}
