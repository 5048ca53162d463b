import { endOf } from '../asking.js';
import { type Check, rows } from '../evidence.js';

interface Run {
  tenant_id: string;
  id: string;
  status: string;
  input: number;
  output: number;
  estimated: boolean;
  charged_input: number | null;
  charged_output: number | null;
}

/** Each run is charged once, with the tokens that its reader was told and the model served; the totals are the sums of that. */
export const usage: Check = async (evidence) => {
  const runs = await rows<Run>(evidence, `
    select r.tenant_id, r.id, r.status, r.input_tokens as input, r.output_tokens as output, r.estimated, c.input_tokens as
    charged_input, c.output_tokens as charged_output
      from agent.run r left join billing.charge c on c.tenant_id = r.tenant_id and c.run_id = r.id`);
  const found = runs.flatMap(chargeMistakes);
  const strays = await rows<{ run_id: string }>(evidence,
    'select run_id from billing.charge c where not exists (select 1 from agent.run r where r.tenant_id = c.tenant_id and r.id = c.run_id)');
  found.push(...strays.map(({ run_id }) => `charge ${run_id}: there is no such run`));
  const byId = new Map(runs.map((run) => [run.id, run]));
  for (const asked of evidence.journal.asked) {
    const run = asked.runId === undefined ? undefined : byId.get(asked.runId);
    const end = endOf(asked);
    if (!run || !end) continue;
    const told = end.data['usage'] as { inputTokens: number; outputTokens: number };
    if (told.inputTokens !== run.input || told.outputTokens !== run.output)
      found.push(`run ${run.id}: its reader was told ${told.inputTokens} + ${told.outputTokens} tokens, its row has ${run.input} + ` +
        `${run.output}`);
    if (run.estimated || run.status !== 'completed') continue;
    const served = evidence.model.served.get(asked.nonce) ?? [];
    if (!served.some(({ inputTokens, outputTokens }) => inputTokens === run.input && outputTokens === run.output)) {
      found.push(`run ${run.id}: counted ${run.input} + ${run.output} tokens, the model served ` +
        `${served.map((one) => `${one.inputTokens} + ${one.outputTokens}`).join(', ') || 'nothing'}`);
    }
  }
  return [...found, ...(await totalMistakes(evidence))];
};

function chargeMistakes({ id, status, input, output, charged_input, charged_output }: Run): string[] {
  if (status === 'running' || input + output === 0)
    return charged_input === null ? [] : [`run ${id}: charged, though it has used nothing or not ended`];
  if (charged_input === null) return [`run ${id}: its ${input} + ${output} tokens are not charged`];
  return charged_input === input && charged_output === output ? []
    : [`run ${id}: used ${input} + ${output} tokens, charged ${charged_input} + ${charged_output}`];
}

const totalMistakes: Check = async (evidence) => {
  const found: string[] = [];
  const meters = await rows<{ tenant_id: string; metered: string; charged: string }>(evidence, `
    select m.tenant_id, sum(m.spent_tokens) as metered, (select coalesce(sum(input_tokens + output_tokens), 0) from billing.charge c
    where c.tenant_id = m.tenant_id) as charged
      from billing.meter m group by m.tenant_id`);
  for (const { tenant_id, metered, charged } of meters) if (metered !== charged)
    found.push(`tenant ${tenant_id}: metered ${metered} tokens, charged ${charged}`);
  for (const person of evidence.people) {
    const { body } = await person.look<{ id: string }>('/v1/tenant');
    const [sums] = await rows<{ runs: number; tokens: number }>(evidence,
      'select count(*)::int as runs, coalesce(sum(input_tokens + output_tokens), 0)::int as tokens from agent.run where tenant_id = $1 ' +
        'and input_tokens + output_tokens > 0', [body.id]);
    const { body: report } = await person.look<{ total: { runs: number; inputTokens: number; outputTokens: number } }>('/v1/usage');
    const { runs, inputTokens, outputTokens } = report.total;
    if (runs !== sums!.runs || inputTokens + outputTokens !== sums!.tokens)
      found.push(`GET /v1/usage of ${person.tenant} says ${runs} runs and ${inputTokens + outputTokens} tokens, its runs are ` +
        `${sums!.runs} with ${sums!.tokens}`);
  }
  return found;
};
