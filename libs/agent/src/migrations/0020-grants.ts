import type { Migration } from '#platform/database';

export const agentGrants: Migration = {
  name: 'agent/0020-grants',
  // Whom a restricted agent is granted to: members, teams, accounts, keys. Null: everybody.
  up: ['alter table agent.agent add column granted_to uuid[]'],
};
