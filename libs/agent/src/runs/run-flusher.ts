import { Injectable } from '@nestjs/common';
import { asService, logger } from '#platform/core';
import type { RunLog } from './run-log.js';
import { RunRepository } from './run.repository.js';

/** Between two flushes: short while the database answers quickly, longer when it is busy. */
const SHORTEST_MS = 100;
const LONGEST_MS = 500;

/** Brings the logs of running answers into the table behind the readers' back: in batches, one statement per tenant. */
@Injectable()
export class RunFlusher {
  private readonly log = logger('agent');
  private readonly dirty = new Set<RunLog>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();
  private interval = SHORTEST_MS;

  constructor(private readonly repository: RunRepository) {}

  /** Call after every append; does nothing but remember the run. */
  schedule(run: RunLog): void {
    this.dirty.add(run);
    this.timer ??= setTimeout(() => this.begin(), this.interval);
  }

  /** As `schedule`, once the running turn of the event loop is over: for what must not be lost with the process. Costs a statement. */
  flushSoon(run: RunLog): void {
    this.dirty.add(run);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.begin(), 0);
  }

  /** One after the other: two at once would take the same lines, and each count them as its own. */
  private begin(): void {
    this.timer = undefined;
    this.flushing = this.flushing.then(() => this.flush());
  }

  /** Waits until nothing of this run is on its way to the table, and keeps later flushes away from it: its end writes the rest. */
  async release(run: RunLog): Promise<void> {
    this.dirty.delete(run);
    await this.flushing;
    this.dirty.delete(run);
  }

  /** For a writer that is too far ahead. */
  async drain(run: RunLog): Promise<void> {
    this.schedule(run);
    while (run.isFull && !run.abort.signal.aborted) await new Promise((resolve) => setTimeout(resolve, this.interval));
  }

  private async flush(): Promise<void> {
    const started = performance.now();
    const runs = [...this.dirty];
    this.dirty.clear();
    for (const [tenantId, own] of Map.groupBy(runs, ({ facts }) => facts.scope.tenantId)) {
      const chunks = own.filter(({ isDirty }) => isDirty).map((run) => ({ run, entries: run.unflushed() }));
      if (chunks.length === 0) continue;
      try {
        const saved = chunks.map(({ run, entries }) => ({ runId: run.facts.runId, inputTokens: run.inputTokens, entries }));
        await asService(tenantId, this.repository.owner, () => this.repository.saveChunks(saved));
        for (const { run, entries } of chunks) run.markFlushed(entries.length);
      } catch (error) {
        this.log.warn({ error, runs: chunks.length }, 'logs of running answers could not be saved; trying again');
        for (const { run } of chunks) this.schedule(run);
      }
    }
    const took = performance.now() - started;
    this.interval = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, 4 * took));
  }
}
