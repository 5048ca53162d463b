import type { Migration } from '#platform/database';

export const sessionClients: Migration = {
  name: 'tenancy/0060-session-clients',
  up: [
    'alter table tenancy.session add column client text',
    'alter table tenancy.session add column seen_generation int not null default 0',
  ],
};
