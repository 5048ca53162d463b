import type { Migration } from '#platform/database';

export const runQuestion: Migration = {
  name: 'agent/0030-question',
  // Accepted with the run, in its own statement; the conversation has it a moment later, and recovery brings it there otherwise.
  up: ['alter table agent.run add column question text'],
};
