import type { Migration } from '#platform/database';

export const profile: Migration = {
  name: 'tenancy/0032-profile',
  up: [
    'alter table tenancy.membership add column locale text',
    'alter table tenancy.ticket add column identity_id uuid references tenancy.identity (id) on delete cascade',
    'alter table tenancy.ticket drop constraint ticket_purpose_check',
    `alter table tenancy.ticket add constraint ticket_purpose_check check (purpose in ('register', 'verify', 'reset', 'email', 'moved'))`,
  ],
};
