import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Billing } from '#billing';
import { AppError, current, type ErrorData, errorData, logger, metrics, notFound, retrying } from '#platform/core';
import { type Citation, Memory, type MessageStatus } from '#memory';
import type { Degraded, Run, RunEnd, RunEvent, RunOutcome, RunUsage } from '../contract.js';
import { toRun } from './run.entity.js';
import { type FinalStatus, RunRepository } from './run.repository.js';
import { RunFlusher } from './run-flusher.js';
import { type RunFacts, RunLog } from './run-log.js';
import { RunRelay } from './run-relay.js';
import { unlessGone } from './unless-gone.js';

/** How an answer came out, before it is saved. */
export interface AnswerResult {
  status: FinalStatus;
  outcome: RunOutcome;
  citations: Citation[];
  degraded: Degraded[];
  truncated: boolean;
  usage: RunUsage;
  error?: unknown;
}

/** What a run may take, as far as it is known before its look-ups are done. */
interface WorstCase {
  /** Tokens of its prompt at most. */
  mostInputTokens: number;
  /** Of the prompt that will be sent, once it is known. */
  inputTokens: () => Promise<number>;
  maxOutputTokens: number;
  /** When its question was accepted, on the process's own clock. */
  acceptedAt: number;
}

/** Pauses between tries to save an end: the database may be away for a moment, the answer is already said. */
const RETRY_MS = [100, 500, 2_000, 5_000];

export const MESSAGE_STATUS: Record<FinalStatus, MessageStatus> = {
  completed: 'complete', failed: 'failed', cancelled: 'interrupted', interrupted: 'interrupted',
};
export const END_EVENT = {
  completed: 'run.completed', failed: 'run.failed', cancelled: 'run.cancelled', interrupted: 'run.interrupted',
} as const satisfies Record<FinalStatus, RunEvent['event']>;

/** Begins, stops and ends the runs this process writes; nobody is told an end before it is committed. */
@Injectable()
export class RunService implements OnModuleInit {
  private readonly log = logger('agent');
  private readonly logs = new Map<string, RunLog>();
  private readonly ended = metrics.counter('atoll_agent_runs_total', 'Answers by how they ended', ['outcome', 'model']);
  private readonly firstToken = metrics.histogram(
    'atoll_agent_first_token_seconds', 'From accepting a question to the first piece of its answer', ['model'],
  );

  constructor(
    private readonly repository: RunRepository,
    private readonly flusher: RunFlusher,
    private readonly relay: RunRelay,
    private readonly memory: Memory,
    private readonly billing: Billing,
  ) {
    metrics.gauge('atoll_agent_runs_running', 'Answers this process is writing', () => this.logs.size);
  }

  onModuleInit(): void {
    this.relay.onStop(this.repository.owner, ({ runId, tenantId, userId }) => {
      const run = this.logs.get(runId);
      if (run?.facts.scope.tenantId === tenantId && run.facts.scope.actor.id === userId) run.abort.abort('cancelled');
    });
  }

  /**
   * Sets money aside and writes the run down, side by side: what the budget refuses is taken back and was never a run. The run keeps its
   * question until that stands in its conversation, so that readers are told at once and no death loses what was acknowledged.
   */
  async begin(facts: RunFacts, worst: WorstCase): Promise<RunLog> {
    const { runId, conversationId, questionId, messageId, agentId, model, offline } = facts;
    const run = new RunLog(facts, worst.acceptedAt);
    this.logs.set(runId, run);
    const [held, started] = await Promise.allSettled([this.hold(facts, worst), this.repository.start(facts)]);
    const refused = [held, started].find((one) => one.status === 'rejected');
    if (refused) {
      this.logs.delete(runId);
      if (held.status === 'fulfilled') await this.billing.release({ runId });
      if (started.status === 'fulfilled') await this.repository.withdraw(runId);
      throw refused.reason;
    }
    this.relay.send(run);
    run.append('run.started', { runId, conversationId, questionId, messageId, agentId, model, offline });
    this.flusher.schedule(run);
    return run;
  }

  /** For the most that the prompt may become; where the budget has no room for that, for what it became. */
  private async hold({ runId, model }: RunFacts, { mostInputTokens, inputTokens, maxOutputTokens }: WorstCase): Promise<void> {
    try {
      await this.billing.authorize({ runId, model, inputTokens: mostInputTokens, maxOutputTokens });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'payment-required') throw error;
      const needed = await inputTokens();
      if (needed >= mostInputTokens) throw error;
      await this.billing.authorize({ runId, model, inputTokens: needed, maxOutputTokens });
    }
  }

  /** Brings the question into its conversation, unless that was deleted meanwhile; tried again for some seconds. */
  saveQuestion(run: RunLog): Promise<void> {
    return this.persistently(() => this.appendQuestion(run));
  }

  private async appendQuestion(run: RunLog): Promise<void> {
    const { conversationId, questionId, question, runId } = run.facts;
    if (run.questionSaved || conversationId === null || questionId === null || question === null) return;
    await this.memory.append({ conversationId, message: questionMessage(questionId, question, runId) }).catch(unlessGone);
    run.questionSaved = true;
  }

  /** Saves the answer, then ends the run; both are tried again for some seconds, and left to the sweep after that. */
  async finish(run: RunLog, result: AnswerResult): Promise<void> {
    const { facts } = run;
    await this.flusher.release(run);
    const data = ending(run, result);
    const entry = run.finalEntry(END_EVENT[result.status], data);
    try {
      await this.persistently(async () => {
        await this.appendQuestion(run);
        await this.saveAnswer(facts, result.status, data);
      });
      const entries = [...run.unflushed(), entry];
      const mine = await this.persistently(() => this.repository.end(facts, { status: result.status, data, entries }));
      if (!mine) throw takenOver();
      run.end(entry);
    } catch (error) {
      this.log.error({ error, runId: facts.runId }, 'an answer could not be ended here; its log says interrupted soon');
      run.fail(error);
    } finally {
      this.logs.delete(facts.runId);
      const kind = facts.offline ? 'offline' : 'provider';
      this.ended.inc({ outcome: result.outcome, model: kind });
      if (run.firstTokenMs !== null) this.firstToken.observe({ model: kind }, run.firstTokenMs / 1000);
    }
  }

  running(): RunLog[] {
    return [...this.logs.values()];
  }

  isRunning(runId: string): boolean {
    return this.logs.has(runId);
  }

  /** The caller's own run, if this process writes it. */
  here(runId: string): RunLog | undefined {
    const run = this.logs.get(runId);
    if (!run) return undefined;
    const { tenantId, actor } = current();
    const { scope } = run.facts;
    if (scope.tenantId !== tenantId || scope.actor.id !== actor.id) throw notFound('run');
    return run;
  }

  async find(runId: string): Promise<Run> {
    return toRun(await this.repository.own(runId));
  }

  /**
   * Resolves when the run is over where this process writes it; another process is told, and sees the wish at its next heartbeat at the
   * latest.
   */
  async cancel(runId: string): Promise<Run> {
    const here = this.here(runId);
    if (here) {
      here.abort.abort('cancelled');
      await here.ended;
      return this.find(runId);
    }
    const row = await this.repository.own(runId);
    if (row.status === 'running') {
      await this.repository.requestCancel(runId);
      this.relay.stop(row.owner, runId);
    }
    return toRun(row);
  }

  /** The conversation may be deleted while it is being answered: the run still ends, and is still counted. */
  private async saveAnswer(facts: RunFacts, status: FinalStatus, { text, citations }: RunEnd): Promise<void> {
    const { conversationId, messageId, runId } = facts;
    if (conversationId === null) return;
    const message = { id: messageId, role: 'assistant' as const, text, status: MESSAGE_STATUS[status], citations, runId };
    await this.memory.append({ conversationId, message }).catch(unlessGone);
  }

  private persistently<T>(work: () => Promise<T>): Promise<T> {
    const onRetry = (error: unknown): void => this.log.warn({ error }, 'a question or its answer could not be saved; trying again');
    return retrying({ attempts: RETRY_MS.length + 1, pauseMs: (attempt) => RETRY_MS[attempt - 1]!, onRetry }, work);
  }
}

function ending(run: RunLog, result: AnswerResult): RunEnd {
  const { outcome, citations, degraded, truncated, usage, error } = result;
  const { runId, messageId } = run.facts;
  const failure: { error?: ErrorData } = error === undefined ? {} : { error: errorData(error) };
  const { text, firstTokenMs } = run;
  return { runId, messageId, outcome, text, citations, truncated, usage, degraded, firstTokenMs, latencyMs: run.elapsed(), ...failure };
}

/** A question as it stands in its conversation. */
export function questionMessage(id: string, text: string, runId: string): Parameters<Memory['append']>[0]['message'] {
  return { id, role: 'user', text, status: 'complete', citations: [], runId };
}

function takenOver(): AppError {
  return new AppError(
    'unavailable', 'agent.run-taken-over',
    'This process was away for too long, and another one has ended the answer meanwhile. Read its log again.',
  );
}
