import { type Migration, tenantTable } from '#platform/database';

/** Lengths of vectors for which pgvector gets an HNSW index; others are compared exactly. The offline embedder's never need one. */
const INDEXED_DIMENSIONS = [384, 512, 768, 1024, 1536];

export const index: Migration = {
  name: 'search/0002-index',
  up: (server) => [
    // `number` is the passage's short name inside its tenant's index; `terms` are its index terms in order, for ranking without tokenising;
    // it is found while its `generation` is the document's.
    ...tenantTable('search.chunk', `
      id uuid not null,
      document_id uuid not null,
      generation int not null,
      number int not null,
      heading text,
      page int,
      start_at int not null,
      end_at int not null,
      text text not null,
      terms text not null,
      length real not null,
      primary key (tenant_id, id),
      unique (tenant_id, number),
      foreign key (tenant_id, document_id) references search.document (tenant_id, id) on delete cascade`),
    'create index chunk_of_document on search.chunk (tenant_id, document_id)',
    // One row per term and part of a document (`part` is the number of its first passage), terms in byte order on every server so that a
    // range of spellings is a range of the index. Equality on uuid and text is leakproof, so row security lets the index be used; a GIN
    // index on a tsvector is not (its operator is not leakproof) and would end in a scan of all the tenant's rows.
    ...tenantTable('search.posting', `
      document_id uuid not null,
      generation int not null,
      part int not null,
      term text collate "C" not null,
      entries bytea not null,
      primary key (tenant_id, document_id, generation, part, term),
      foreign key (tenant_id, document_id) references search.document (tenant_id, id) on delete cascade`),
    'create index posting_by_term on search.posting (tenant_id, term)',
    ...tenantTable('search.embedding', `
      number int not null,
      model text not null,
      dimensions int not null,
      vector ${server.vector ? 'vector' : 'bytea'} not null,
      primary key (tenant_id, number),
      foreign key (tenant_id, number) references search.chunk (tenant_id, number) on delete cascade`),
    ...(server.vector
      ? INDEXED_DIMENSIONS.map((size) => `create index embedding_${size} on search.embedding using hnsw ((vector::vector(${size})) ` +
        `vector_ip_ops) where dimensions = ${size} and model <> 'offline-1'`)
      : []),
    // What BM25 must know of all the tenant's passages, kept by whoever changes the index, in the same transaction and under this row's
    // lock.
    ...tenantTable('search.statistics', `
      passages int not null default 0,
      terms double precision not null default 0,
      next_number int not null default 0,
      languages text[] not null default '{}',
      primary key (tenant_id)`),
  ],
};
