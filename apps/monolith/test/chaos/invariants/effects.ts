import { type Check, rows } from '../evidence.js';

/** Each fact was published once and counted once by everybody who hears it. */
export const effects: Check = async (evidence) => {
  const counted = await rows<{ what: string; id: string; times: number }>(evidence, `
    select 'answer' as what, r.id, (select count(*)::int from analytics.event e where e.tenant_id = r.tenant_id and e.name =
    'agent.turn-completed' and e.data ->> 'runId' = r.id::text) as times
      from agent.run r where r.status <> 'running'
    union all
    select 'indexed file', d.id, (select count(*)::int from analytics.event e where e.tenant_id = d.tenant_id and e.name =
    'search.document-indexed' and e.data ->> 'documentId' = d.id::text)
      from search.document d where d.state = 'ready'
    union all
    select 'judgement', f.message_id, (select count(*)::int from analytics.event e where e.tenant_id = f.tenant_id and e.name =
    'agent.feedback-given' and e.data ->> 'messageId' = f.message_id::text)
      from agent.feedback f`);
  const removed = evidence.journal.filed.filter(({ removal }) => removal === 'confirmed').map(({ id }) => id!);
  counted.push(...(await rows<{ what: string; id: string; times: number }>(evidence, `
    select 'removed file' as what, given.id, (select count(*)::int from analytics.event e where e.name = 'search.document-removed' and
    e.data ->> 'documentId' = given.id::text) as times
      from unnest($1::uuid[]) as given (id)`, [removed])));
  const judged = new Set(counted.filter(({ what }) => what === 'judgement').map(({ id }) => id));
  return [
    ...counted.filter(({ times }) => times !== 1)
      .map(({ what, id, times }) => `${what} ${id}: its event was counted ${times} times instead of once`),
    ...evidence.journal.judged.filter(({ messageId }) => !judged.has(messageId))
      .map(({ messageId, tenant }) => `judgement of message ${messageId} of ${tenant}: was accepted, and is not there`),
    ...(await sumMistakes(evidence)),
  ];
};

/** A daily count is added to in the transaction that notes its event: the two can only differ when one of them was done twice or not. */
const sumMistakes: Check = async (evidence) => {
  const sums = await rows<{ tenant_id: string; metric: string; counted: number; noted: number }>(evidence, `
    select d.tenant_id, d.metric, sum(d.value)::int as counted, (select count(*)::int from analytics.event e where e.tenant_id =
    d.tenant_id and e.name = pair.name) as noted
      from analytics.daily d join (values ('turns', 'agent.turn-completed'), ('documents-indexed', 'search.document-indexed'),
      ('documents-removed', 'search.document-removed'), ('feedback', 'agent.feedback-given')) as pair (metric, name)
        on pair.metric = d.metric
     group by d.tenant_id, d.metric, pair.name`);
  return sums.filter(({ counted, noted }) => counted !== noted)
    .map(({ tenant_id, metric, counted, noted }) => `tenant ${tenant_id}: ${metric} add up to ${counted}, and ${noted} events were noted`);
};
