import type { DataMap } from '#kernel';

export const dataMap: DataMap = {
  'search.document': { what: 'files and FAQs: name, kind, state; the uploaded bytes are a blob named by its id', class: 'content', person: ['created_by'], kept: 'until it is deleted' },
  'search.content': { what: 'the text of a document', class: 'content', kept: 'with its document' },
  'search.chunk': { what: 'passages of a document', class: 'derived', kept: 'with its document' },
  'search.posting': { what: 'index of words', class: 'derived', kept: 'with its document' },
  'search.embedding': { what: 'vectors of passages', class: 'derived', kept: 'with its passage' },
  'search.statistics': { what: 'counts that ranking needs', class: 'derived', kept: 'with the tenant' },
};
