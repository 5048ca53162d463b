import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { Events } from '#platform/messaging';
import { current } from '#platform/core';
import { DocumentRow } from '../document/document.entity.js';
import { documentFailed, documentIndexed } from '../events.js';
import type { ParsedDocument } from '../parse/parsed-document.js';
import type { UnreadableReason } from '../parse/unreadable.js';
import { ARRIVED } from '../search.data.js';
import { IndexStore, overtaken } from '../index/index.store.js';
import type { Indexed } from './indexer.service.js';

/** Records how far a document is. Each try works under a revision of its own, and touches nothing once there is a newer one. */
@Injectable()
export class DocumentProgress {
  constructor(
    private readonly db: Db,
    private readonly store: IndexStore,
    private readonly events: Events,
  ) {}

  /**
   * Takes a document up: under a new revision, so that a process that was thought dead and wakes up in the middle of an earlier try can
   * neither add to what this one writes nor set back how far it is. What earlier tries left goes. Undefined: nothing is left to do.
   */
  claim(id: string): Promise<DocumentRow | undefined> {
    const { tenantId } = current();
    return this.db.tx(async () => {
      const taken = await this.db.query(
        `update search.document set state = 'parsing', revision = revision + 1 where tenant_id = $1 and id = $2 and state not in ` +
          `('ready', 'failed') returning id`,
        [tenantId, id],
      );
      if (taken.length === 0) return undefined;
      const document = await this.db.repo(DocumentRow).findOneByOrFail({ tenantId, id });
      await this.store.clear(id, { but: document.generation });
      return document;
    });
  }

  async parsed(document: DocumentRow): Promise<void> {
    const { affected } = await this.db.repo(DocumentRow).update(same(document), { state: 'indexing' });
    if (!affected) throw overtaken();
  }

  /** Makes what was indexed live, in the place of what was live before. */
  async indexed(document: DocumentRow, parsed: ParsedDocument, { language, passages, embedder }: Indexed): Promise<void> {
    await this.db.tx(async () => {
      const characters = parsed.text.length;
      const { affected } = await this.db.repo(DocumentRow).update(same(document), {
        state: 'ready', reason: null, reasonCode: null, warnings: parsed.warnings, language, pages: parsed.pages, characters,
        passages, embedder, generation: document.revision, indexedAt: new Date(),
      });
      if (!affected) throw overtaken();
      await this.store.clear(document.id, { but: document.revision });
      await this.db.query('insert into search.content (tenant_id, document_id, text) values ($1, $2, $3) on conflict (tenant_id, ' +
        'document_id) do update set text = excluded.text', [current().tenantId, document.id, parsed.text]);
      if (document.reasonCode !== ARRIVED)
        await this.events.publish(documentIndexed, { documentId: document.id, kind: document.kind, passages, characters });
    });
  }

  /**
   * New content that cannot be read ends the old one's being found; where something else stood in the way, what was indexed before stays.
   */
  async failed(document: DocumentRow, code: UnreadableReason | 'internal', reason: string): Promise<void> {
    await this.db.tx(async () => {
      const { affected } = await this.db.repo(DocumentRow).update(same(document), { state: 'failed', reasonCode: code, reason });
      if (!affected) throw overtaken();
      if (code === 'internal') await this.store.clear(document.id, { but: document.generation });
      else {
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
