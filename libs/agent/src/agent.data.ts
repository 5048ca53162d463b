import type { DataMap } from '#platform/privacy';

/** A run that has ended belongs to no process any more. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

export const dataMap: DataMap = {
  'agent.agent': { what: 'agents: name, instructions, model', class: 'configuration', life: 'moves', kept: 'until it is deleted' },
  'agent.run': { what: 'answers: who asked which agent, when, how it ended; while it is made also the question',
    class: 'activity', life: 'moves', person: { user_id: 'own' },
    moving: `status <> 'running'`, without: { sealed_scope: '', owner: NOBODY, lease_until: '-infinity', cancel_requested: false },
    aged: { rule: 'runs', by: 'finished_at' }, kept: 'with the tenant' },
  'agent.run_chunk': { what: 'the log of an answer, with its text', class: 'content', life: 'moves',
    moving: `run_id in (select id from agent.run where status <> 'running')`, kept: 'ATOLL_RUN_LOG_DAYS after its end' },
  'agent.feedback': { what: 'how answers were judged, and by whom', class: 'content', life: 'moves', person: { user_id: 'own' },
    aged: { rule: 'runs', by: 'created_at' }, kept: 'with the tenant' },
};
