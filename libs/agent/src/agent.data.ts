import type { DataMap } from '#kernel';

export const dataMap: DataMap = {
  'agent.agent': { what: 'agents: name, instructions, model', class: 'configuration', kept: 'until it is deleted' },
  'agent.run': { what: 'answers: who asked which agent, when, how it ended', class: 'activity', person: ['user_id'], kept: 'with the tenant' },
  'agent.run_chunk': { what: 'the log of an answer, with its text', class: 'content', kept: 'ATOLL_RUN_LOG_DAYS after its end' },
  'agent.feedback': { what: 'how answers were judged, and by whom', class: 'content', person: ['user_id'], kept: 'with the tenant' },
};
