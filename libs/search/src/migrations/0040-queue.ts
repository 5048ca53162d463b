import type { Migration } from '#platform/database';

export const queue: Migration = {
  name: 'search/0040-queue',
  up: [
    // A hundred rows a passage, each looked up by itself: `IndexStore` writes and clears them under the lock of their document's row.
    'alter table search.posting drop constraint posting_tenant_id_document_id_fkey',
    // The job that has taken a document up: its next try goes on with what an earlier one left.
    'alter table search.document add column job_id uuid',
    // What its owner counts: contents, not tries.
    'alter table search.document add column version int not null default 1',
    'alter table search.document add column sample boolean not null default false',
    'create index document_sample on search.document (tenant_id) where sample',
    "create index document_upload_name on search.document (tenant_id, name) where source = 'upload'",
    "create index document_queued on search.document (tenant_id, created_at, id) where state = 'queued'",
    "create index document_taken on search.document (tenant_id, job_id) where state in ('parsing', 'indexing')",
  ],
};
