import { endOf } from '../asking.js';
import { type Check, rows } from '../evidence.js';
import { type Asked, ENDS } from '../journal.js';

interface Entry {
  id: number;
  event: string;
  data: Record<string, unknown>;
}

interface Log {
  runId: string;
  status: string;
  entries: Entry[];
}

/** The log of each run goes up by one, ends once, and is what its reader saw: no event missing, none twice. */
export const runLogs: Check = async (evidence) => {
  const chunks = await rows<{ run_id: string; status: string; events: string }>(evidence,
    'select r.id as run_id, r.status, c.events from agent.run r left join agent.run_chunk c on c.tenant_id = r.tenant_id and c.run_id = ' +
      'r.id order by r.id, c.first_event');
  const logs = new Map<string, Log>();
  for (const { run_id: runId, status, events } of chunks) {
    const log = logs.get(runId) ?? { runId, status, entries: [] };
    log.entries.push(...((JSON.parse(events ?? '[]') as [number, string,
      Record<string, unknown>][]).map(([id, event, data]) => ({ id, event, data }))));
    logs.set(runId, log);
  }
  const seen = evidence.journal.asked.filter(({ runId }) => runId !== undefined);
  return [
    ...[...logs.values()].flatMap((log) => logMistakes(log).map((mistake) => `run ${log.runId}: ${mistake}`)),
    ...seen.flatMap((asked) => {
      const log = logs.get(asked.runId!);
      return (log ? readerMistakes(asked, log)
        : ['its reader was told of it, and there is no such run']).map((mistake) => `run ${asked.runId}: ${mistake}`);
    }),
  ];
};

/** The end that another process wrote for a dead one stands behind everything its reader may have seen: the one gap there may be. */
function logMistakes({ status, entries }: Log): string[] {
  const found: string[] = [];
  if (status === 'running') return ['it is still running'];
  entries.forEach(({ id, event }, at) => {
    const before = entries[at - 1]?.id ?? 0;
    const closing = event === 'run.interrupted' || (ENDS.test(event) && id > 10_000);
    if (id <= before) found.push(`event ${id} comes after event ${before}`);
    else if (id !== before + 1 && !closing) found.push(`event ${id} follows event ${before}: ${id - before - 1} are missing`);
  });
  const ends = entries.filter(({ event }) => ENDS.test(event));
  if (ends.length !== 1 || entries.at(-1) !== ends[0])
    found.push(`it ends ${ends.length} times, and its last event is ${entries.at(-1)?.event ?? 'none'}`);
  return found;
}

/** What was shown before it was saved may be lost with the process that said it; then the end says which text stands. */
function readerMistakes(asked: Asked, { entries }: Log): string[] {
  const found: string[] = [];
  const { seen } = asked;
  const end = endOf(asked);
  const twice = seen.filter(({ id }, at) => at > 0 && id <= seen[at - 1]!.id);
  if (twice.length > 0) found.push(`its reader was shown event ${twice[0]!.id} after a later one`);
  if (!end) return [...found, 'its reader saw no end'];
  const kept = new Map(entries.map((entry) => [entry.id, entry]));
  const lost = seen.filter(({ id }) => !kept.has(id));
  const dead = (entries.at(-1)?.id ?? 0) > 10_000;
  if (lost.length > 0 && !dead) found.push(`its reader was shown event ${lost[0]!.id}, which its log does not have`);
  const missed = entries.filter(({ id }) => !seen.some((one) => one.id === id));
  if (missed.length > 0) found.push(`its reader was never shown event ${missed[0]!.id} of its log`);
  for (const { id, event, data } of seen) {
    const entry = kept.get(id);
    if (entry && (entry.event !== event || JSON.stringify(entry.data) !== JSON.stringify(data)))
      found.push(`event ${id} was shown as ${event} ${JSON.stringify(data).slice(0, 120)}, its log has ${entry.event} ` +
        `${JSON.stringify(entry.data).slice(0, 120)}`);
  }
  const said = entries.map(({ event, data }) => (event === 'answer.delta' ? String(data['text']) : '')).join('');
  if (end.event === 'run.completed' && !dead && said !== end.data['text']) found.push('its pieces do not add up to its text');
  return found;
}
