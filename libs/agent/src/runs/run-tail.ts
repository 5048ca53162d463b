import { current } from '#platform/core';
import type { LogReader } from './live-run.js';
import { type LogEntry, isEnd } from './log-entry.js';
import type { RunLine } from './run-line.js';
import type { RunStore } from './run-store.js';

/** How often the table is looked at for the log of a run that another process writes; and how often while that one tells it over the line. */
const TAIL_MS = 200;
const TAIL_WITH_LINE_MS = 1_000;

/**
 * One reader of a run that another process writes. The table is the truth, and looked at until the end; the line from the writer is ahead
 * of it. Lines have consecutive ids: what was shown is skipped, what would leave a gap is asked for again, or comes from the table.
 */
export class RunTail {
  /** Lines are heard, and asked for again, outside the reader's flow. */
  private readonly scope = current();
  private timer: NodeJS.Timeout | undefined;
  private hangUp: (() => void) | undefined;
  private heard = false;
  private over = false;

  constructor(
    private readonly runId: string,
    private seen: number,
    private readonly reader: LogReader,
    private readonly store: RunStore,
    private readonly line: RunLine,
    private readonly gone: () => unknown,
  ) {}

  /** Throws where there is nothing to read. */
  async start(): Promise<() => void> {
    await this.look();
    return () => this.stop();
  }

  private async look(): Promise<void> {
    const { status, owner } = await this.store.own(this.runId);
    const { entries } = await this.store.log(this.runId, this.seen);
    if (this.over) return;
    if (entries.length > 0) this.show(entries);
    else if (status !== 'running') {
      if (!(await this.store.hasLog(this.runId))) throw this.gone();
      this.stop();
      return this.reader.done();
    }
    if (this.over) return;
    if (!this.hangUp && status === 'running') this.call(owner);
    this.timer = setTimeout(() => void this.look().catch((error: unknown) => this.fail(error)), this.heard ? TAIL_WITH_LINE_MS : TAIL_MS);
    this.heard = false;
  }

  private call(owner: string): void {
    this.hangUp?.();
    this.hangUp = this.line.follow(owner, this.runId, this.scope, this.seen, (entries) => {
      if (this.over) return;
      if (entries[0]!.id > this.seen + 1) return this.call(owner);
      this.heard = true;
      this.show(entries);
    });
  }

  private show(entries: readonly LogEntry[]): void {
    const fresh = entries.filter(({ id }) => id > this.seen);
    if (fresh.length === 0) return;
    this.seen = fresh.at(-1)!.id;
    if (!this.reader.read(fresh) || fresh.some(isEnd)) this.stop();
  }

  private fail(error: unknown): void {
    this.stop();
    this.reader.fail(error);
  }

  private stop(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.hangUp?.();
  }
}
