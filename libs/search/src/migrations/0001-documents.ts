import { type Migration, systemPolicy, tenantTable } from '#platform/database';

export const documents: Migration = {
  name: 'search/0001-documents',
  up: [
    // `fingerprint` is the SHA-256 of an uploaded file's bytes, of an added text, or of a FAQ's question: what makes it the same one again.
    ...tenantTable('search.document', `
      id uuid not null,
      kind text not null check (kind in ('file', 'faq')),
      source text not null check (source in ('upload', 'added', 'faq')),
      name text not null,
      media_type text not null,
      format text not null,
      bytes bigint not null,
      fingerprint bytea not null,
      state text not null check (state in ('queued', 'parsing', 'indexing', 'ready', 'failed')),
      reason_code text,
      reason text,
      language text,
      pages int,
      characters int,
      passages int not null default 0,
      embedder text,
      revision int not null default 1,
      generation int not null default 0,
      created_by text not null,
      created_at timestamptz(3) not null default now(),
      indexed_at timestamptz(3),
      primary key (tenant_id, id)`),
    ...systemPolicy('search.document', 'select',
      'finds the documents of every tenant whose vectors are of a former embedding model; their text is not read here'),
    "create unique index document_upload on search.document (tenant_id, fingerprint) where source = 'upload'",
    "create unique index document_faq on search.document (tenant_id, fingerprint) where source = 'faq'",
    'create index document_newest on search.document (tenant_id, kind, created_at desc, id desc)',
    // The text that spans of passages and citations point into; of a FAQ, the answer.
    ...tenantTable('search.content', `
      document_id uuid not null,
      text text not null,
      primary key (tenant_id, document_id),
      foreign key (tenant_id, document_id) references search.document (tenant_id, id) on delete cascade`),
  ],
};
