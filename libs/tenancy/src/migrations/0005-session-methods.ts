import type { Migration } from '#platform/database';

export const sessionMethods: Migration = {
  name: 'tenancy/0005-session-methods',
  up: [`alter table tenancy.session add column methods text[] not null default '{pwd}'`],
};
