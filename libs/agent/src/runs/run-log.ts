import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppError, current, notFound } from '#platform/core';
import type { LiveRun, LogReader } from './live-run.js';
import { RunLine } from './run-line.js';
import { RunStore } from './run-store.js';
import { RunTail } from './run-tail.js';

/** The one log of every run, wherever it is: in this process's memory while it runs here, in the table and on the line from its writer otherwise. Every protocol is a view of it. */
@Injectable()
export class RunLog implements OnModuleInit {
  private readonly live = new Map<string, LiveRun>();

  constructor(
    private readonly store: RunStore,
    private readonly line: RunLine,
  ) {}

  onModuleInit(): void {
    this.line.open(this.store.owner, (runId) => this.live.get(runId));
  }

  /** Run ids are UUIDs of our own making; whose a run is, is asked at every look. */
  add(run: LiveRun): void {
    this.live.set(run.facts.runId, run);
  }

  remove(run: LiveRun): void {
    this.live.delete(run.facts.runId);
  }

  isLive(runId: string): boolean {
    return this.live.has(runId);
  }

  running(): LiveRun[] {
    return [...this.live.values()];
  }

  /** The caller's own run, if this process writes it. */
  here(runId: string): LiveRun | undefined {
    const run = this.live.get(runId);
    if (!run) return undefined;
    const { tenantId, actor } = current();
    const { scope } = run.facts;
    if (scope.tenantId !== tenantId || scope.actor.id !== actor.id) throw notFound('run');
    return run;
  }

  /** Reads a run of the caller from behind `after` to its final entry; returns how to stop. Throws where there is nothing to read. */
  async follow(runId: string, after: number, reader: LogReader): Promise<() => void> {
    const here = this.here(runId);
    if (here) return here.follow(after, reader);
    return new RunTail(runId, after, reader, this.store, this.line, logGone).start();
  }
}

function logGone(): AppError {
  return new AppError('gone', 'agent.run-log-gone', 'The log of this answer is no longer kept. The answer itself stands in its conversation; GET /v1/runs/{id} says how the run ended.');
}
