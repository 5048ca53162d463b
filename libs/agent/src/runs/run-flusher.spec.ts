import { newId } from '#platform/core';
import { eventually } from '#platform/testing';
import { RunFlusher } from './run-flusher.js';
import { RunLog } from './run-log.js';
import type { LogEntry } from './log-entry.js';
import type { RunRepository } from './run.repository.js';

/** A table that is slow, and fails before or after it has kept what it was given. */
class MoodyStore {
  readonly owner = newId();
  readonly rows = new Map<string, Map<number, LogEntry[]>>();
  statements = 0;
  private busy = false;

  constructor(private readonly failures: number) {}

  async saveChunks(chunks: { runId: string; entries: LogEntry[] }[]): Promise<void> {
    if (this.busy) throw new Error('two flushes at once');
    this.busy = true;
    this.statements++;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    this.busy = false;
    const mood = Math.random();
    if (mood < this.failures / 2) throw new Error('refused');
    for (const { runId, entries } of chunks) {
      const rows = this.rows.get(runId) ?? new Map<number, LogEntry[]>();
      this.rows.set(runId, rows.set(entries[0]!.id, [...entries]));
    }
    if (mood < this.failures) throw new Error('kept, but the answer got lost');
  }

  log(runId: string): LogEntry[] {
    return [...(this.rows.get(runId) ?? new Map<number, LogEntry[]>())].sort(([a], [b]) => a - b).flatMap(([, entries]) => entries);
  }
}

function newRun(tenantId: string): RunLog {
  return new RunLog({ runId: newId(), scope: { tenantId, actor: { kind: 'user', id: newId(), roles: [], permissions: [] } },
    conversationId: null, questionId: null, question: null, messageId: newId(), agentId: newId(), model: 'm', offline: true });
}

describe('RunFlusher', () => {
  it.each([0, 0.5])('brings every line to the table once and in order, with %d of the statements failing', async (failures) => {
    const store = new MoodyStore(failures);
    const flusher = new RunFlusher(store as unknown as RunRepository);
    const tenants = [newId(), newId()];
    const runs = Array.from({ length: 12 }, (_, at) => newRun(tenants[at % 2]!));
    for (let round = 0; round < 150; round++) {
      for (const run of runs) {
        if (Math.random() < 0.5) continue;
        run.appendText(`${round} `);
        if (Math.random() < 0.05) flusher.flushSoon(run);
        else flusher.schedule(run);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await eventually(() => expect(runs.every((run) => !run.isDirty)).toBe(true));
    for (const run of runs) expect(store.log(run.facts.runId)).toEqual(run.entries);
    expect(store.statements).toBeLessThan(150 * 2);
  });

  it('leaves the rest of a released run to its end', async () => {
    const store = new MoodyStore(0);
    const flusher = new RunFlusher(store as unknown as RunRepository);
    const run = newRun(newId());
    for (let at = 0; at < 20; at++) {
      run.appendText('x');
      flusher.flushSoon(run);
    }
    await flusher.release(run);
    const kept = store.log(run.facts.runId);
    run.appendText('last');
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(store.log(run.facts.runId)).toEqual(kept);
    expect([...kept, ...run.unflushed()]).toEqual(run.entries);
  });
});
