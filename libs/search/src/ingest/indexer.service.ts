import { Injectable } from '@nestjs/common';
import { Db, Embedder, type Language, current, languageOf, words } from '#kernel';
import { chunk } from '../chunk/chunk.js';
import type { DocumentRow } from '../document/document.entity.js';
import type { ParsedDocument } from '../parse/parsed-document.js';
import { DocumentBuilder } from '../parse/parsed-document.js';
import { passageTerms } from '../rank/passage-terms.js';
import { SearchConfig } from '../search.config.js';
import type { Indexable } from './index.store.js';

/** How much of a document is read to tell its language. */
const LANGUAGE_SAMPLE = 20_000;

/** Turns a parsed document into what the index takes. Writes nothing. */
@Injectable()
export class Indexer {
  constructor(
    private readonly db: Db,
    private readonly embedder: Embedder,
    private readonly config: SearchConfig,
  ) {}

  async prepare(document: DocumentRow, parsed: ParsedDocument): Promise<Indexable> {
    const language = spoken(document.kind === 'faq' ? `${document.name}\n${parsed.text}` : parsed.text);
    const chunks = chunk(parsed).map((one) => (document.kind === 'faq' ? { ...one, headings: [document.name] } : one));
    // Without a model vectors only stand in for a missing stemmer.
    const embedded = this.embedder.semantic || language === 'und';
    const vectors = embedded ? await this.embedder.embed(chunks.map(({ headings, text }) => [...headings, text].join('\n')), 'passage') : [];
    return {
      documentId: document.id,
      language,
      passages: chunks.map((one) => ({ chunk: one, terms: passageTerms({ ...one, documentName: document.name }, language) })),
      embedder: { name: this.embedder.name, vectors },
    };
  }

  /** A FAQ has no file: its answer is its text. */
  async answerOf(document: DocumentRow): Promise<ParsedDocument> {
    const [row] = await this.db.query<{ text: string }>('select text from search.content where tenant_id = $1 and document_id = $2', [current().tenantId, document.id]);
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
