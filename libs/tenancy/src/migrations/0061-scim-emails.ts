import type { Migration } from '#platform/database';

export const scimEmails: Migration = {
  name: 'tenancy/0061-scim-emails',
  up: ['alter table tenancy.scim_user add column email_type text'],
};
