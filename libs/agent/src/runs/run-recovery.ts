import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { asService, CoreConfig, logger, runSealed, type Scope, Secrets, settledWithin } from '#platform/core';
import { Cron } from '#platform/messaging';
import { estimateTokens } from '#platform/text';
import { type Citation, Memory } from '#memory';
import { AgentConfig } from '../agent.config.js';
import type { RunEnd, RunSource } from '../contract.js';
import { citationsOf } from './citations.js';
import { type LogEntry, UNFLUSHED_MOST } from './log-entry.js';
import type { RunRow } from './run.entity.js';
import { type AbandonedRun, type FinalStatus, RunRepository } from './run.repository.js';
import { END_EVENT, MESSAGE_STATUS, questionMessage, RunService } from './run.service.js';
import type { RunFacts } from './run-log.js';
import { unlessGone } from './unless-gone.js';

const LAST_MOMENT_MS = 2_000;
/** Runs that are ended side by side. */
const AT_ONCE = 8;

/** Ends the runs of processes that died: the partial answer is kept and marked, the usage counted, the log closed. */
@Injectable()
export class RunRecovery implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = logger('agent');
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly repository: RunRepository,
    private readonly runs: RunService,
    private readonly memory: Memory,
    private readonly secrets: Secrets,
    private readonly config: AgentConfig,
    private readonly core: CoreConfig,
  ) {}

  /** What was left is ended beside the start, which it would hold up by some round trips a run. */
  onApplicationBootstrap(): void {
    this.sweeping = this.sweep(this.core.databaseUrl === undefined)
      .catch((error: unknown) => this.log.warn({ error }, 'answers whose process died could not be looked for; trying again'));
    const every = (this.config.leaseSeconds * 1000) / 5;
    this.timer = setInterval(() => {
      this.beat().catch((error: unknown) => this.log.warn({ error }, 'leases of running answers could not be renewed'));
    }, every);
    this.timer.unref();
  }

  /** The edge has let readers finish; what still runs, mostly for readers who left, gets a last moment and is then ended as interrupted. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await settledWithin(this.sweeping, LAST_MOMENT_MS);
    const ended = Promise.allSettled(this.runs.running().map((run) => run.ended));
    await settledWithin(ended, LAST_MOMENT_MS);
    for (const run of this.runs.running()) run.abort.abort('draining');
    await settledWithin(ended, LAST_MOMENT_MS);
  }

  /** Keeps the own runs alive, stops those that somebody cancelled in another process, takes over what others left. */
  private async beat(): Promise<void> {
    if (this.runs.running().length > 0) {
      const { cancelled } = await this.repository.renewLeases();
      for (const run of this.runs.running()) if (cancelled.includes(run.facts.runId)) run.abort.abort('cancelled');
    }
    await this.sweep(false);
  }

  async sweep(onlyProcess: boolean): Promise<void> {
    const live = this.runs.running().map(({ facts }) => facts.runId);
    const abandoned = await this.repository.abandoned(onlyProcess, live);
    for (let at = 0; at < abandoned.length; at += AT_ONCE) {
      await Promise.all(abandoned.slice(at, at + AT_ONCE).map((one) => this.tryToRecover(one)));
    }
  }

  private async tryToRecover(abandoned: AbandonedRun): Promise<void> {
    if (this.runs.isRunning(abandoned.runId)) return;
    try {
      await asService(abandoned.tenantId, this.repository.owner, () => this.recover(abandoned));
    } catch (error) {
      this.log.warn({ error, runId: abandoned.runId }, 'an answer whose process died could not be ended; trying again');
    }
  }

  private async recover(abandoned: AbandonedRun): Promise<void> {
    if (!(await this.repository.takeOver(abandoned))) return;
    const row = (await this.repository.find(abandoned.runId))!;
    await runSealed(this.secrets, row.sealedScope, row.id, row.tenantId, (scope) => this.close(row, scope));
    this.log.info({ runId: row.id }, 'ended an answer whose process died');
  }

  private async close(row: RunRow, scope: Scope): Promise<void> {
    const { id: runId, conversationId, questionId, question, messageId, agentId, model, offline } = row;
    const facts: RunFacts = { runId, scope, conversationId, questionId, question, messageId, agentId, model, offline };
    const { entries, inputTokens } = await this.repository.log(runId, 0);
    const partial = partialAnswer(entries);
    const { status, ...saved } = await this.saveAnswer(facts, partial);
    const data: RunEnd = {
      runId,
      messageId,
      outcome: status === 'completed' ? 'answered' : status === 'failed' ? 'failed' : 'interrupted',
      ...saved,
      truncated: false,
      usage: { inputTokens, outputTokens: estimateTokens(saved.text), cachedTokens: 0, estimated: true },
      degraded: partial.degraded,
      firstTokenMs: null,
      latencyMs: Math.max(0, Date.now() - row.startedAt.getTime()),
    };
    const final: LogEntry = { id: (entries.at(-1)?.id ?? 0) + UNFLUSHED_MOST + 1, event: END_EVENT[status], json: JSON.stringify(data) };
    await this.repository.end(facts, { status, data, entries: [final] });
  }

  /** Where the process died between saving the answer and ending the run, the answer stands and decides how the run ended. */
  private async saveAnswer(
    { conversationId, questionId, question, messageId, runId }: RunFacts, { text, citations }: PartialAnswer,
  ): Promise<{ status: FinalStatus; text: string; citations: Citation[] }> {
    const interrupted = { status: 'interrupted' as const, text, citations };
    if (conversationId === null || questionId === null) return interrupted;
    if (question !== null) {
      await this.memory.append({ conversationId, message: questionMessage(questionId, question, runId) }).catch(unlessGone);
    }
    const asked = await this.memory.message({ messageId: questionId }).catch(unlessGone);
    const message = { id: messageId, role: 'assistant' as const, text, status: MESSAGE_STATUS.interrupted, citations, runId };
    if (asked) await this.memory.append({ conversationId, message });
    // Also after the append: the answer of the one that is gone may have arrived in between, and the first one stands.
    const stands = await this.memory.message({ messageId }).catch(unlessGone);
    if (!stands) return interrupted;
    return { status: stands.status === 'complete' ? 'completed' : stands.status, text: stands.text, citations: stands.citations };
  }

  /** The answers stay in their conversations; what goes is only what a replay needs. */
  @Cron('agent.prune-run-logs', '17 3 * * *')
  async prune(): Promise<void> {
    await this.repository.deleteLogs(this.config.logDays);
  }
}

interface PartialAnswer {
  text: string;
  citations: Citation[];
  degraded: RunEnd['degraded'];
}

function partialAnswer(entries: LogEntry[]): PartialAnswer {
  let text = '';
  let found: { sources: RunSource[]; degraded: RunEnd['degraded'] } = { sources: [], degraded: [] };
  for (const { event, json } of entries) {
    if (event === 'answer.delta') text += (JSON.parse(json) as { text: string }).text;
    if (event === 'run.sources') found = JSON.parse(json) as typeof found;
  }
  const shown = found.sources.map((source) => ({ ...source, kind: 'file' as const, text: '', context: '', coverage: 0 }));
  return { text, citations: citationsOf(text, shown), degraded: found.degraded };
}
