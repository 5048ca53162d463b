import { newId } from '#platform/core';
import { RunLog, type LogReader, type RunFacts } from './run-log.js';
import { type LogEntry, frameOf, packed, unpacked } from './log-entry.js';

const facts = (): RunFacts => ({
  runId: newId(), scope: { tenantId: newId(), actor: { kind: 'user', id: newId(), roles: [], permissions: [] } },
  conversationId: newId(), questionId: newId(), question: 'Why?', messageId: newId(), agentId: newId(), model: 'm', offline: true,
});

class Collector implements LogReader {
  seen: LogEntry[] = [];
  constructor(private readonly leaveAfter = Infinity) {}
  read(entries: readonly LogEntry[]): boolean {
    this.seen.push(...entries);
    return this.seen.length < this.leaveAfter;
  }
  fail(): void {}
}

const end = (run: RunLog): void => run.end(run.finalEntry('run.cancelled', { runId: run.facts.runId } as never));

describe('RunLog', () => {
  it('gives every reader exactly what it missed and what comes, wherever it joins', () => {
    for (let joinAt = 0; joinAt <= 12; joinAt++) {
      for (let after = 0; after <= 14; after++) {
        const run = new RunLog(facts());
        const reader = new Collector();
        for (let at = 0; at < 12; at++) {
          if (at === joinAt) run.follow(after, reader);
          run.appendText(`${at} `);
        }
        if (joinAt === 12) run.follow(after, reader);
        end(run);
        // An id from the future is no id of ours: such a reader gets what comes after it joined.
        const expected = run.entries.filter(({ id }) => id > after || id > joinAt && after > joinAt);
        expect(reader.seen.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      }
    }
  });

  it('tells a reader nothing after it left, and nobody anything after the end', () => {
    const run = new RunLog(facts());
    const short = new Collector(2);
    const stopped = new Collector();
    run.follow(0, short);
    const stop = run.follow(0, stopped);
    for (let at = 0; at < 5; at++) run.appendText('x');
    stop();
    end(run);
    expect(short.seen).toHaveLength(2);
    expect(stopped.seen).toHaveLength(5);
    for (const behind of [0, 1, 1_000]) {
      const late = new Collector();
      run.follow(run.entries.at(-1)!.id + behind, late);
      expect(late.seen).toEqual(run.entries.slice(-1));
    }
  });

  it('makes one text of a line for every reader', () => {
    const run = new RunLog(facts());
    run.appendText('say "hi"\n');
    const [entry] = run.entries;
    expect(frameOf(entry!)).toBe('id: 1\nevent: answer.delta\ndata: {"text":"say \\"hi\\"\\n"}\n\n');
    expect(unpacked(packed(run.entries))).toEqual([{ id: 1, event: 'answer.delta', json: entry!.json }]);
  });
});
