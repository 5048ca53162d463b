import { Injectable } from '@nestjs/common';
import { AppError } from '#platform/core';
import { type LogEntry, isEnd } from './log-entry.js';
import { RunRepository } from './run.repository.js';
import { RunService } from './run.service.js';
import type { LogReader } from './run-log.js';
import { RunRelay } from './run-relay.js';

/** How often the table is looked at for the log of a run that another process writes; and how often while the relay tells it. */
const LOOK_MS = 200;
const LOOK_WITH_RELAY_MS = 1_000;

/** Reads the log of any run: from memory where this process writes it, else from the relay and the table. */
@Injectable()
export class RunFollower {
  constructor(
    private readonly runs: RunService,
    private readonly repository: RunRepository,
    private readonly relay: RunRelay,
  ) {}

  /** Reads a run of the caller from behind `after` to its final entry; returns how to stop. Throws where there is nothing to read. */
  async follow(runId: string, after: number, reader: LogReader): Promise<() => void> {
    const here = this.runs.here(runId);
    if (here) return here.follow(after, reader);
    const remote = new RemoteReader(runId, after, reader, this.repository, this.relay);
    await remote.look();
    return () => remote.stop();
  }
}

/**
 * One reader of a run that another process writes. The table is the truth, and looked at until the end; the relay is ahead of it. Lines
 * have consecutive ids: what was shown is skipped, and behind a gap the relay is left until the table has closed it.
 */
class RemoteReader {
  private timer: NodeJS.Timeout | undefined;
  private leave: (() => void) | undefined;
  private heard = false;
  private over = false;

  constructor(
    private readonly runId: string,
    private seen: number,
    private readonly reader: LogReader,
    private readonly repository: RunRepository,
    private readonly relay: RunRelay,
  ) {}

  async look(): Promise<void> {
    const { status } = await this.repository.own(this.runId);
    const { entries } = await this.repository.log(this.runId, this.seen);
    if (this.over) return;
    if (entries.length > 0) this.show(entries);
    else if (status !== 'running') return this.showEnd();
    if (this.over) return;
    if (status === 'running') this.leave ??= this.relay.follow(this.runId, this.seen, (lines) => this.hear(lines));
    this.timer = setTimeout(() => void this.look().catch((error: unknown) => this.fail(error)), this.heard ? LOOK_WITH_RELAY_MS : LOOK_MS);
    this.heard = false;
  }

  /** To a reader that has seen everything: what it waits for came before it asked. */
  private async showEnd(): Promise<void> {
    const end = await this.repository.finalEntry(this.runId);
    if (!end) throw logGone();
    if (!this.over) this.reader.read([end]);
    this.stop();
  }

  stop(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.leave?.();
  }

  private hear(entries: LogEntry[]): void {
    if (this.over) return;
    if (entries[0]!.id > this.seen + 1) {
      this.leave?.();
      this.leave = undefined;
      return;
    }
    this.heard = true;
    this.show(entries);
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
}

function logGone(): AppError {
  return new AppError(
    'gone', 'agent.run-log-gone',
    'The log of this answer is no longer kept. The answer itself stands in its conversation; GET /v1/runs/{id} says how the run ended.',
  );
}
