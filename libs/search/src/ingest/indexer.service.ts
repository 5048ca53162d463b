import { Injectable } from '@nestjs/common';
import { Embedder } from '#platform/adapters';
import { Db } from '#platform/database';
import type { DocumentRow } from '../document/document.entity.js';
import { type IndexPart, IndexStore } from '../index/index.store.js';
import { PART, type PreparedDocument, type PreparedPart } from '../prepare/prepare.js';
import { DocumentProgress } from './document-progress.service.js';

/** A document that was taken up, with what is to be written of it. */
export interface Read {
  document: DocumentRow;
  prepared: PreparedDocument;
}

/** Puts documents into the index and makes them live: small ones together in one unit of work, large ones over several. */
@Injectable()
export class Indexer {
  constructor(
    private readonly db: Db,
    private readonly store: IndexStore,
    private readonly progress: DocumentProgress,
    private readonly embedder: Embedder,
  ) {}

  async index(documents: Read[], signal: AbortSignal): Promise<void> {
    let parts: IndexPart[] = [];
    let whole: Read[] = [];
    const write = async (): Promise<void> => {
      signal.throwIfAborted();
      await this.write(parts, whole);
      [parts, whole] = [[], []];
    };
    for (const one of documents) {
      for (const part of one.prepared.parts) {
        if (parts.length > 0 && passagesOf(parts) + part.passages.length > PART) await write();
        parts.push(await this.part(one, part));
      }
      whole.push(one);
    }
    await write();
  }

  /** What another try, or a removal, has overtaken meanwhile is left out. */
  private async write(parts: IndexPart[], whole: Read[]): Promise<void> {
    if (parts.length === 0 && whole.length === 0) return;
    await this.db.tx(async () => {
      const newest = await this.progress.hold([
        ...parts.map(({ documentId, generation }) => ({ id: documentId, revision: generation })), ...whole.map(({ document }) => document),
      ]);
      const open = parts.map(({ documentId }) => documentId).filter((id) => !whole.some(({ document }) => document.id === id));
      if (open.length > 0) await this.progress.indexing(open);
      await this.store.append(parts.filter(({ documentId }) => newest.has(documentId)));
      await this.progress.indexed(whole.filter(({ document }) => newest.has(document.id))
        .map((one) => ({ ...one, embedder: this.embeds(one) ? this.embedder.name : null })));
    });
  }

  private async part(one: Read, part: PreparedPart): Promise<IndexPart> {
    const texts = part.passages.map(({ heading, text }) => (heading === null ? text : `${heading}\n${text}`));
    return {
      documentId: one.document.id, generation: one.document.revision, language: one.prepared.language, part, model: this.embedder.name,
      vectors: this.embeds(one) ? await this.embedder.embed(texts, 'passage') : [],
    };
  }

  /** Without a model vectors only stand in for a missing stemmer. */
  private embeds({ prepared }: Read): boolean {
    return this.embedder.semantic || prepared.language === 'und';
  }
}

function passagesOf(parts: IndexPart[]): number {
  return parts.reduce((sum, { part }) => sum + part.passages.length, 0);
}
