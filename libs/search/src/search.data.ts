import type { BlobMap, DataMap } from '#platform/privacy';

/** Of a document that came with an import, until it is indexed here: it is news to nobody. */
export const ARRIVED = 'arrived';

/** A document that has just arrived is indexed as a new one is. */
const NOT_INDEXED = { state: 'queued', reason_code: ARRIVED, reason: null, warnings: '[]', language: null, pages: null, characters: null,
  passages: 0, embedder: null, revision: 1, generation: 0, job_id: null, indexed_at: null };

export const dataMap: DataMap = {
  'search.document': { what: 'files and FAQs: name, kind, state; the uploaded bytes are a blob named by its id', class: 'content',
    life: 'moves', person: { created_by: 'named' }, without: NOT_INDEXED, kept: 'until it is deleted' },
  'search.content': { what: 'the text of a document', class: 'content', life: 'moves',
    moving: `document_id in (select id from search.document where kind = 'faq')`, kept: 'with its document' },
  'search.chunk': { what: 'passages of a document', class: 'derived', life: 'rebuilt', kept: 'with its document' },
  'search.posting': { what: 'index of words', class: 'derived', life: 'rebuilt', kept: 'with its document' },
  'search.embedding': { what: 'vectors of passages', class: 'derived', life: 'rebuilt', kept: 'with its passage' },
  'search.statistics': { what: 'counts that ranking needs', class: 'derived', life: 'rebuilt', kept: 'with the tenant' },
};

export const blobMap: BlobMap = {
  files: { what: 'uploaded files, each under the id of its document', life: 'moves' },
};
