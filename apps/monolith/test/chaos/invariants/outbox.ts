import { eventually } from '#platform/testing';
import { type Check, type Evidence, rows } from '../evidence.js';
import { OVER_SECONDS } from './jobs.js';

interface Waiting {
  message_id: string;
  handler: string;
  status: string;
  attempt: number;
  died: number;
}

/** Nothing waits to be handled any more, and nothing was given up. Schedules come and go by the clock. */
export const outbox: Check = async (evidence) => (await waiting(evidence)).map(({ message_id, handler, status, attempt, died }) =>
  `message ${message_id} for ${handler} is ${status} (tries ${attempt}, deaths ${died})`);

/** Milliseconds until nothing waits and no answer is under way, for at most the time that what was accepted may take. */
export async function untilQuiet(evidence: Pick<Evidence, 'admin'>): Promise<number> {
  const from = performance.now();
  await eventually(async () => {
    const [left, running] = await Promise.all([waiting(evidence), rows(evidence, `select 1 from agent.run where status = 'running'`)]);
    if (left.some(({ status }) => status !== 'dead') || running.length > 0)
      throw new Error(`${left.length} messages wait, ${running.length} answers are under way`);
  }, { timeoutMs: OVER_SECONDS * 1_000, everyMs: 200 }).catch(() => undefined);
  return performance.now() - from;
}

function waiting(evidence: Pick<Evidence, 'admin'>): Promise<Waiting[]> {
  return rows<Waiting>(evidence,
    `select message_id, handler, status, attempt, died from kernel.delivery where kind <> 'cron' and status not in ('done', 'cancelled')`);
}
