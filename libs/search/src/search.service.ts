import { Injectable } from '@nestjs/common';
import { AppError, isGranted, isId, notFound } from '#platform/core';
import { Blobs, Embedder } from '#platform/adapters';
import { estimateTokens } from '#platform/text';
import { type DocumentState, type FindPassages, type KnowledgeStatistics, type Passage, Search } from './contract.js';
import { blobKey } from './document/blob-key.js';
import { DocumentService, fingerprintOf } from './document/document.service.js';
import { cleanName } from './document/sniff.js';
import type { Format } from './parse/parse.js';
import { Retrieval } from './retrieval/retrieval.service.js';

const FORMATS: Record<string, Format> = { 'text/markdown': 'markdown', 'text/plain': 'text', 'text/html': 'html' };
const MAX_TEXTS = 256;

@Injectable()
export class SearchService extends Search {
  constructor(
    private readonly retrieval: Retrieval,
    private readonly documents: DocumentService,
    private readonly blobs: Blobs,
    private readonly embedder: Embedder,
  ) {
    super();
  }

  find(ask: FindPassages): Promise<Passage[]> {
    return this.retrieval.find({ ...ask, limit: Math.min(50, Math.max(1, Math.trunc(ask.limit))) });
  }

  /** The file is stored before the row: a row whose file is missing could not be indexed, a file without row is only lost space. */
  async add({ id, name, mediaType, text, sample = false }: Parameters<Search['add']>[0]): Promise<{ id: string; state: DocumentState }> {
    if (!isId(id)) throw new AppError('invalid', 'search.document-id',
      'A document is added under an id of the caller that must be a UUID.');
    const content = Buffer.from(text);
    const fingerprint = fingerprintOf(name, '\0', mediaType, '\0', content);
    const known = await this.documents.find(id);
    if (known && known.fingerprint.equals(fingerprint) && known.state !== 'failed') return { id, state: known.state };
    await this.blobs.put(blobKey(id), content);
    const document = { name: cleanPath(name), mediaType, format: FORMATS[mediaType]!, bytes: content.length, fingerprint };
    if (known) await this.documents.renew(id, document);
    else await this.documents.accept([{ ...document, id, kind: 'file', source: 'added', sample }]);
    return { id, state: 'queued' };
  }

  async status({ id }: Parameters<Search['status']>[0]): Promise<{ id: string; state: DocumentState; reason: string | null }> {
    const document = isId(id) ? await this.documents.find(id) : null;
    if (!document || !isGranted(document.grantedTo)) throw notFound('document');
    return { id, state: document.state, reason: document.reason };
  }

  async remove({ id }: Parameters<Search['remove']>[0]): Promise<void> {
    if (isId(id)) await this.documents.remove(id);
  }

  async embed({ texts, kind }: Parameters<Search['embed']>[0]): Promise<{ model: string; dimensions: number; vectors: number[][];
    tokens: number }> {
    if (texts.length === 0 || texts.length > MAX_TEXTS)
      throw new AppError('invalid', 'search.embed-texts',
        `Between 1 and ${MAX_TEXTS} texts are embedded at a time; ${texts.length} were given.`);
    const vectors = await this.embedder.embed(texts, kind);
    return { model: this.embedder.name, dimensions: this.embedder.dimensions, vectors: vectors.map((vector) => [...vector]),
      tokens: texts.reduce((sum, text) => sum + estimateTokens(text), 0) };
  }

  statistics(): Promise<KnowledgeStatistics> {
    return this.documents.statistics();
  }
}

/** Documents added by other contexts may be named by their path (docs/adr/0001.md): its parts are kept, cleaned one by one. */
function cleanPath(name: string): string {
  return name.split('/').map(cleanName).join('/').slice(0, 400);
}
