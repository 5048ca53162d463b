import type { DataMap } from '#platform/privacy';

export const dataMap: DataMap = {
  'memory.conversation': { what: 'conversations: whose, with which agent, title', class: 'content', life: 'moves',
    person: { owner_id: 'own' }, aged: { rule: 'conversations', by: 'updated_at' }, kept: 'until its owner deletes it' },
  'memory.message': { what: 'what was asked and answered', class: 'content', life: 'moves', kept: 'with its conversation' },
  'memory.fact': { what: 'what somebody told of themselves, or was learned from their questions', class: 'content', life: 'moves',
    person: { owner_id: 'own' }, kept: 'until its owner deletes it' },
};
