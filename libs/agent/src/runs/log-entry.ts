import type { RunEvent } from '../contract.js';

export type RunEventName = RunEvent['event'];
export type RunEventData<E extends RunEventName> = Extract<RunEvent, { event: E }>['data'];

/** One line of a run's log. `json` is its data as text, made once for every reader and for the table. */
export interface LogEntry {
  id: number;
  event: RunEventName;
  json: string;
  /** The frame of the native stream, made when the first reader needs it. */
  frame?: string;
}

const ENDS: ReadonlySet<RunEventName> = new Set<RunEventName>(['run.completed', 'run.failed', 'run.cancelled', 'run.interrupted']);

/**
 * Ids between the last line that was flushed and the final line of a run that died: more than a run may ever have unflushed, so the
 * final line comes behind everything any reader can have seen.
 */
export const UNFLUSHED_MOST = 10_000;

export function isEnd(entry: LogEntry): boolean {
  return ENDS.has(entry.event);
}

export function frameOf(entry: LogEntry): string {
  return (entry.frame ??= `id: ${entry.id}\nevent: ${entry.event}\ndata: ${entry.json}\n\n`);
}

export function toEvent({ id, event, json }: LogEntry): RunEvent {
  return { id, event, data: JSON.parse(json) as unknown } as RunEvent;
}

/** Lines as one column of text: `[[1,"run.started",{…}],…]`. */
export function packed(entries: readonly LogEntry[]): string {
  return `[${entries.map(({ id, event, json }) => `[${id},"${event}",${json}]`).join(',')}]`;
}

export function unpacked(text: string): LogEntry[] {
  return (JSON.parse(text) as [number, RunEventName, unknown][]).map(([id, event, data]) => ({ id, event, json: JSON.stringify(data) }));
}
