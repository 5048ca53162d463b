import type { Migration } from '#platform/database';

export const grants: Migration = {
  name: 'search/0020-grants',
  up: [
    // Whom a restricted document is granted to: members, teams, accounts, keys. Null: everybody.
    'alter table search.document add column granted_to uuid[]',
    'create index document_restricted on search.document (tenant_id) where granted_to is not null',
    // A restricted document is never "the same again": whoever uploads its bytes or asks its question would learn that it is there.
    'drop index search.document_upload',
    'drop index search.document_faq',
    "create unique index document_upload on search.document (tenant_id, fingerprint) where source = 'upload' and granted_to is null",
    "create unique index document_faq on search.document (tenant_id, fingerprint) where source = 'faq' and granted_to is null",
  ],
};
