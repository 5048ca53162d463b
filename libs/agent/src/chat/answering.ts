import { Injectable } from '@nestjs/common';
import { GEN_AI, logger, type RunningSpan, span } from '#platform/core';
import { AgentConfig } from '../agent.config.js';
import type { RunOutcome } from '../contract.js';
import type { ModelPart } from '../models/chat-model.js';
import { modelCut, modelFailed, modelSilent } from '../models/model-errors.js';
import { Models } from '../models/models.service.js';
import { LogFlusher } from '../runs/flusher.js';
import type { LiveRun } from '../runs/live-run.js';
import { type Result, RunWriter } from '../runs/run-writer.js';
import { citationsOf } from './citations.js';
import { type Grounded, Grounding, type Question } from './grounding.js';
import { saysUnknown } from './unknown.js';

export interface Plan extends Question {
  temperature: number | null;
  maxTokens: number;
  /** Saves the question; done beside the look-ups, before the reader is told anything and before the model is called. */
  save: () => Promise<void>;
}

interface Said {
  usage: ModelPart['usage'] | null;
  /** The model itself says that it found no answer. */
  unknown: boolean;
  truncated: boolean;
}

/** Writes one answer into its run, from the look-up to the end, whoever still reads it. */
@Injectable()
export class Answering {
  private readonly log = logger('agent');

  constructor(
    private readonly grounding: Grounding,
    private readonly models: Models,
    private readonly writer: RunWriter,
    private readonly flusher: LogFlusher,
    private readonly config: AgentConfig,
  ) {}

  /** Never rejects: however the answer ends, the run says it. */
  async write(run: LiveRun, plan: Plan): Promise<void> {
    let grounded: Grounded | undefined;
    let said: Said = { usage: null, unknown: false, truncated: false };
    try {
      [grounded] = await Promise.all([this.grounding.prepare(plan), plan.save().then(() => this.writer.accepted(run))]);
      run.append('run.sources', { query: grounded.query, sources: sourcesOf(grounded), degraded: grounded.degraded });
      run.abort.signal.throwIfAborted();
      run.inputTokens = grounded.tokens;
      // From here on the provider may bill the prompt: a process that dies now must leave behind how long it was.
      this.flusher.hurry(run);
      said = await this.speak(run, plan, grounded);
      await this.writer.finish(run, this.result(run, grounded, said));
    } catch (error) {
      const stopped = run.abort.signal.aborted;
      if (!stopped) this.log.warn({ error, runId: run.facts.runId }, 'an answer failed');
      await this.writer.finish(run, { ...this.result(run, grounded, said), ...(stopped ? stoppedBy(run.abort.signal.reason) : { status: 'failed', outcome: 'failed', error }) });
    }
  }

  private result(run: LiveRun, grounded: Grounded | undefined, { usage, unknown, truncated }: Said): Result {
    const citations = citationsOf(run.text, grounded?.shown ?? []);
    const outcome: RunOutcome = unknown || (citations.length === 0 && saysUnknown(run.text)) ? 'unknown' : 'answered';
    return { status: 'completed', outcome, citations, degraded: grounded?.degraded ?? [], truncated, usage: usage ?? null };
  }

  private async speak(run: LiveRun, plan: Plan, prompt: Grounded): Promise<Said> {
    const model = await this.models.for(plan.agent.model);
    const call = new AbortController();
    const stop = (): void => call.abort();
    run.abort.signal.addEventListener('abort', stop, { once: true });
    const attributes = { [GEN_AI.operation]: 'chat', [GEN_AI.provider]: model.provider, [GEN_AI.requestModel]: model.name, [GEN_AI.maxTokens]: plan.maxTokens, [GEN_AI.agent]: plan.agent.id, ...(run.facts.conversationId && { [GEN_AI.conversation]: run.facts.conversationId }) };
    try {
      return await span(`chat ${model.name}`, attributes, async (running) => {
        const parts = model.stream({ messages: prompt.messages, temperature: plan.temperature, maxTokens: plan.maxTokens, signal: call.signal });
        return this.pump(run, parts, call, running);
      }, { kind: 'client' });
    } finally {
      run.abort.signal.removeEventListener('abort', stop);
    }
  }

  private async pump(run: LiveRun, parts: AsyncIterable<ModelPart>, call: AbortController, running: RunningSpan): Promise<Said> {
    const { silenceSeconds } = this.config;
    let silent = false;
    const watchdog = setTimeout(() => {
      silent = true;
      call.abort();
    }, silenceSeconds * 1000);
    const said: Said = { usage: null, unknown: false, truncated: false };
    let finishReason: string | undefined;
    try {
      for await (const part of parts) {
        watchdog.refresh();
        if (part.text !== '') {
          run.appendText(part.text);
          this.flusher.touch(run);
          if (run.isFull) await this.flusher.settle(run);
        }
        if (part.usage) said.usage = part.usage;
        if (part.unknown) said.unknown = true;
        finishReason = part.finishReason ?? finishReason;
      }
    } catch (error) {
      throw silent ? modelSilent(silenceSeconds) : run.abort.signal.aborted ? error : modelFailed(error);
    } finally {
      clearTimeout(watchdog);
    }
    run.abort.signal.throwIfAborted();
    if (silent) throw modelSilent(silenceSeconds);
    if (finishReason === undefined) throw modelCut();
    said.truncated = finishReason === 'length';
    running.set({ [GEN_AI.finishReasons]: [finishReason], ...(said.usage && { [GEN_AI.inputTokens]: said.usage.inputTokens, [GEN_AI.outputTokens]: said.usage.outputTokens }) });
    return said;
  }
}

function stoppedBy(reason: unknown): Pick<Result, 'status' | 'outcome'> {
  return reason === 'cancelled' ? { status: 'cancelled', outcome: 'cancelled' } : { status: 'interrupted', outcome: 'interrupted' };
}

function sourcesOf({ shown }: Grounded) {
  return shown.map(({ chunkId, documentId, documentName, heading, page, start, end, score }, at) => ({ marker: at + 1, chunkId, documentId, documentName, heading, page, start, end, score }));
}
