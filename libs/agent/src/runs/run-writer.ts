import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Billing } from '#billing';
import { AppError, type ErrorData, errorData, logger, metrics } from '#platform/core';
import { estimateTokens } from '#platform/text';
import { type Citation, Memory, type MessageStatus } from '#memory';
import type { Degraded, RunEnd, RunEvent, RunOutcome, RunStatus, RunUsage } from '../contract.js';
import { LogFlusher } from './flusher.js';
import { LiveRun, type RunFacts } from './live-run.js';
import { RunLog } from './run-log.js';
import { RunStore } from './run-store.js';

export type FinalStatus = Exclude<RunStatus, 'running'>;

/** How an answer came out, before it is saved. */
export interface Result {
  status: FinalStatus;
  outcome: RunOutcome;
  citations: Citation[];
  degraded: Degraded[];
  truncated: boolean;
  /** What the provider counted; without it the tokens are estimated. */
  usage: { inputTokens: number; outputTokens: number; cachedTokens: number } | null;
  error?: unknown;
}

/** Pauses between tries to save an end: the database may be away for a moment, the answer is already said. */
const RETRY_MS = [100, 500, 2_000, 5_000];

export const MESSAGE_STATUS: Record<FinalStatus, MessageStatus> = { completed: 'complete', failed: 'failed', cancelled: 'interrupted', interrupted: 'interrupted' };
const END_EVENT = { completed: 'run.completed', failed: 'run.failed', cancelled: 'run.cancelled', interrupted: 'run.interrupted' } as const satisfies Record<FinalStatus, RunEvent['event']>;

export function endEvent(status: FinalStatus): (typeof END_EVENT)[FinalStatus] {
  return END_EVENT[status];
}

/** Begins and ends runs: what is live, what is in the table, and that nobody is told an end before it is committed. */
@Injectable()
export class RunWriter {
  private readonly log = logger('agent');
  private readonly ended = metrics.counter('atoll_agent_runs_total', 'Answers by how they ended', ['outcome', 'model']);
  private readonly firstToken = metrics.histogram('atoll_agent_first_token_seconds', 'From accepting a question to the first piece of its answer', ['model']);

  constructor(
    private readonly store: RunStore,
    private readonly runs: RunLog,
    private readonly flusher: LogFlusher,
    private readonly memory: Memory,
    private readonly billing: Billing,
  ) {
    metrics.gauge('atoll_agent_runs_running', 'Answers this process is writing', () => this.runs.running().length);
  }

  /** The budget is asked first: what it refuses was never a run. */
  async begin(facts: RunFacts, worst: { inputTokens: number; maxOutputTokens: number }): Promise<LiveRun> {
    await this.billing.authorize({ runId: facts.runId, model: facts.model, ...worst });
    const run = new LiveRun(facts);
    this.runs.add(run);
    try {
      await this.store.start(facts);
    } catch (error) {
      this.runs.remove(run);
      await this.billing.release({ runId: facts.runId });
      throw error;
    }
    return run;
  }

  /** Tells the readers that the question was accepted: only once it stands in its conversation, so that no death loses what was acknowledged. */
  accepted(run: LiveRun): void {
    const { runId, conversationId, questionId, messageId, agentId, model, offline } = run.facts;
    run.append('run.started', { runId, conversationId, questionId, messageId, agentId, model, offline });
    this.flusher.touch(run);
  }

  /** Saves the answer, then ends the run; both are tried again for some seconds, and left to the sweep after that. */
  async finish(run: LiveRun, result: Result): Promise<void> {
    const { facts } = run;
    await this.flusher.release(run);
    const data = ending(run, result);
    const entry = run.finalEntry(endEvent(result.status), data);
    try {
      await this.persistently(() => this.saveAnswer(facts, result.status, data));
      const entries = [...run.unflushed(), entry];
      const mine = await this.persistently(() => this.store.end(facts, { status: result.status, data, entries }));
      if (!mine) throw takenOver();
      run.end(entry);
    } catch (error) {
      this.log.error({ error, runId: facts.runId }, 'an answer could not be ended here; its log says interrupted soon');
      run.letGo(error);
    } finally {
      this.runs.remove(run);
      const kind = facts.offline ? 'offline' : 'provider';
      this.ended.inc({ outcome: result.outcome, model: kind });
      if (run.firstTokenMs !== null) this.firstToken.observe({ model: kind }, run.firstTokenMs / 1000);
    }
  }

  private async saveAnswer({ conversationId, messageId, runId }: RunFacts, status: FinalStatus, { text, citations }: RunEnd): Promise<void> {
    if (conversationId === null) return;
    try {
      await this.memory.append({ conversationId, message: { id: messageId, role: 'assistant', text, status: MESSAGE_STATUS[status], citations, runId } });
    } catch (error) {
      // The conversation was deleted while it was being answered: the run still ends, and is still counted.
      if (!(error instanceof AppError && error.code === 'not-found')) throw error;
    }
  }

  private async persistently<T>(work: () => Promise<T>): Promise<T> {
    for (const wait of RETRY_MS) {
      try {
        return await work();
      } catch (error) {
        this.log.warn({ error }, 'the end of an answer could not be saved; trying again');
        await pause(wait);
      }
    }
    return work();
  }
}

/** A provider that failed before it said anything bills nothing; one that was stopped has read the prompt. */
function countedUsage(run: LiveRun, { status, usage }: Result): RunUsage {
  if (usage) return { ...usage, estimated: false };
  const inputTokens = status === 'failed' && run.text === '' ? 0 : run.inputTokens;
  return { inputTokens, outputTokens: estimateTokens(run.text), cachedTokens: 0, estimated: true };
}

function ending(run: LiveRun, result: Result): RunEnd {
  const { outcome, citations, degraded, truncated, error } = result;
  const { runId, messageId } = run.facts;
  const counted = countedUsage(run, result);
  const failure: { error?: ErrorData } = error === undefined ? {} : { error: errorData(error) };
  return { runId, messageId, outcome, text: run.text, citations, truncated, usage: counted, degraded, firstTokenMs: run.firstTokenMs, latencyMs: run.elapsed(), ...failure };
}

function takenOver(): AppError {
  return new AppError('unavailable', 'agent.run-taken-over', 'This process was away for too long, and another one has ended the answer meanwhile. Read its log again.');
}
