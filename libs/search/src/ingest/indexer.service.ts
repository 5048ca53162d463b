import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { Embedder } from '#platform/adapters';
import { type Language, languageOf, words } from '#platform/text';
import { current } from '#platform/core';
import { type Chunk, chunk } from '../chunk/chunk.js';
import type { DocumentRow } from '../document/document.entity.js';
import { DocumentBuilder, type ParsedDocument } from '../parse/parsed-document.js';
import { passageTerms } from '../rank/passage-terms.js';
import { SearchConfig } from '../search.config.js';
import { type IndexPart, IndexStore } from '../index/index.store.js';

/** How much of a document is read to tell its language. */
const LANGUAGE_SAMPLE = 20_000;
/** Passages written in one unit of work: some tens of milliseconds on the embedded engine. */
const PART = 50;

export interface Indexed {
  language: Language;
  passages: number;
  /** Null where no vectors were made. */
  embedder: string | null;
}

/** Puts a parsed document's passages into the index, under the document's revision; they are found once that is made live. */
@Injectable()
export class Indexer {
  constructor(
    private readonly db: Db,
    private readonly store: IndexStore,
    private readonly embedder: Embedder,
    private readonly config: SearchConfig,
  ) {}

  async index(document: DocumentRow, parsed: ParsedDocument, signal: AbortSignal): Promise<Indexed> {
    const language = spoken(document.kind === 'faq' ? `${document.name}\n${parsed.text}` : parsed.text);
    const chunks = chunk(parsed).map((one) => (document.kind === 'faq' ? { ...one, headings: [document.name] } : one));
    // Without a model vectors only stand in for a missing stemmer.
    const embedded = this.embedder.semantic || language === 'und';
    for (let from = 0; from < chunks.length; from += PART) {
      signal.throwIfAborted();
      await this.store.append(await this.part(document, language, chunks.slice(from, from + PART), embedded));
    }
    return { language, passages: chunks.length, embedder: embedded ? this.embedder.name : null };
  }

  private async part(document: DocumentRow, language: Language, chunks: Chunk[], embedded: boolean): Promise<IndexPart> {
    return {
      documentId: document.id,
      generation: document.revision,
      language,
      passages: chunks.map((one) => ({ chunk: one, terms: passageTerms({ ...one, documentName: document.name }, language) })),
      model: this.embedder.name,
      vectors: embedded ? await this.embedder.embed(chunks.map(({ headings, text }) => [...headings, text].join('\n')), 'passage') : [],
    };
  }

  /** A FAQ has no file: its answer is its text. */
  async answerOf(document: DocumentRow): Promise<ParsedDocument> {
    const [row] = await this.db.query<{ text: string }>('select text from search.content where tenant_id = $1 and document_id = $2',
      [current().tenantId, document.id]);
    const builder = new DocumentBuilder(this.config.maxCharacters);
    builder.add('paragraph', row?.text ?? '');
    return builder.build();
  }
}

/** A long text in which no language's stop words stand is in one we have no stemmer for; a short one says nothing. */
function spoken(text: string): Language {
  const found = words(text.slice(0, LANGUAGE_SAMPLE));
  return languageOf(found) ?? (found.length >= 60 ? 'und' : 'en');
}
