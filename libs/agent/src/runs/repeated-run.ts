import { Injectable } from '@nestjs/common';
import { currentFlow, newId } from '#platform/core';
import type { RunEnd } from '../contract.js';
import { isEnd, type LogEntry } from './log-entry.js';
import { RunFollower } from './run-follower.js';
import type { RunRow } from './run.entity.js';
import { RunRepository } from './run.repository.js';

/** The run of a request that was sent before, under its Idempotency-Key, to a process that died before it answered. */
@Injectable()
export class RepeatedRun {
  constructor(
    private readonly repository: RunRepository,
    private readonly follower: RunFollower,
  ) {}

  /** The id of the run this request begins, and the run where it was begun before. */
  async find(): Promise<{ runId: string; begun: RunRow | null }> {
    const effectId = currentFlow()?.effectId;
    if (effectId === undefined) return { runId: newId(), begun: null };
    return { runId: effectId, begun: await this.repository.find(effectId) };
  }

  /** How it ended, once it has. */
  end(runId: string): Promise<RunEnd> {
    return new Promise((resolve, reject) => {
      const read = (entries: readonly LogEntry[]): boolean => {
        const last = entries.find(isEnd);
        if (last) resolve(JSON.parse(last.json) as RunEnd);
        return !last;
      };
      this.follower.follow(runId, 0, { read, fail: reject }).catch(reject);
    });
  }
}
