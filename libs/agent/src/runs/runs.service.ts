import { Injectable } from '@nestjs/common';
import type { Run } from '../contract.js';
import { RunLine } from './run-line.js';
import { RunLog } from './run-log.js';
import { RunStore } from './run-store.js';
import { toRun } from './run.entity.js';

@Injectable()
export class Runs {
  constructor(
    private readonly log: RunLog,
    private readonly store: RunStore,
    private readonly line: RunLine,
  ) {}

  async find(runId: string): Promise<Run> {
    return toRun(await this.store.own(runId));
  }

  /** Resolves when the run is over where this process writes it; another process is told, and sees the wish at its next heartbeat at the latest. */
  async cancel(runId: string): Promise<Run> {
    const here = this.log.here(runId);
    if (here) {
      here.abort.abort('cancelled');
      await here.ended;
      return this.find(runId);
    }
    const row = await this.store.own(runId);
    if (row.status === 'running') {
      await this.store.requestCancel(runId);
      this.line.cancel(row.owner, runId);
    }
    return toRun(row);
  }
}
