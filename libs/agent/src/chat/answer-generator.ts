import { Injectable } from '@nestjs/common';
import { GEN_AI, logger, type RunningSpan, span } from '#platform/core';
import { AgentConfig } from '../agent.config.js';
import type { RunOutcome, RunSource } from '../contract.js';
import { type AnswerPart, toPart } from '../models/answer-part.js';
import { modelCut, modelFailed, modelSilent } from '../models/model-errors.js';
import { Models } from '../models/models.service.js';
import { toMessages } from '../prompt/messages.js';
import { citationsOf } from '../runs/citations.js';
import { type AnswerResult, RunService } from '../runs/run.service.js';
import { RunFlusher } from '../runs/run-flusher.js';
import type { RunLog } from '../runs/run-log.js';
import type { AnswerContext } from './context-builder.js';
import { saysUnknown } from './unknown.js';

export interface AnswerPlan {
  /** The look-ups, under way since before the run was accepted. */
  context: Promise<AnswerContext>;
  temperature: number | null;
  maxTokens: number;
}

interface Said {
  usage: AnswerPart['usage'] | null;
  /** The model itself says that it found no answer. */
  unknown: boolean;
  truncated: boolean;
}

/** Writes one answer into its run, from the look-up to the end, whoever still reads it. */
@Injectable()
export class AnswerGenerator {
  private readonly log = logger('agent');

  constructor(
    private readonly models: Models,
    private readonly runs: RunService,
    private readonly flusher: RunFlusher,
    private readonly config: AgentConfig,
  ) {}

  /** Never rejects: however the answer ends, the run says it. */
  async write(run: RunLog, plan: AnswerPlan): Promise<void> {
    let context: AnswerContext | undefined;
    let said: Said = { usage: null, unknown: false, truncated: false };
    try {
      [context] = await Promise.all([plan.context, this.runs.saveQuestion(run)]);
      run.append('run.sources', { query: context.query, sources: sourcesOf(context), degraded: context.degraded });
      run.abort.signal.throwIfAborted();
      run.inputTokens = context.tokens;
      // From here on the provider may bill the prompt: a process that dies now must leave behind how long it was.
      this.flusher.flushSoon(run);
      said = await this.callModel(run, plan, context);
      await this.runs.finish(run, resultOf(run, context, said));
    } catch (error) {
      const stopped = run.abort.signal.aborted;
      if (!stopped) this.log.warn({ error, runId: run.facts.runId }, 'an answer failed');
      const end = stopped ? stoppedBy(run.abort.signal.reason) : { status: 'failed' as const, outcome: 'failed' as const, error };
      await this.runs.finish(run, { ...resultOf(run, context, said), ...end });
    }
  }

  private async callModel(run: RunLog, { temperature, maxTokens }: AnswerPlan, context: AnswerContext): Promise<Said> {
    const { model: name, offline, agentId, conversationId } = run.facts;
    const call = new AbortController();
    const stop = (): void => call.abort();
    run.abort.signal.addEventListener('abort', stop, { once: true });
    const attributes = {
      [GEN_AI.operation]: 'chat', [GEN_AI.provider]: offline ? 'atoll' : 'openai', [GEN_AI.requestModel]: name,
      [GEN_AI.maxTokens]: maxTokens, [GEN_AI.agent]: agentId, ...(conversationId && { [GEN_AI.conversation]: conversationId }),
    };
    try {
      return await span(`chat ${name}`, attributes, async (running) => {
        const [model, messages] = await Promise.all([this.models.open({ model: name, temperature, maxTokens }), toMessages(context)]);
        return this.readStream(run, () => model.stream(messages, { signal: call.signal }), call, running);
      }, { kind: 'client' });
    } finally {
      run.abort.signal.removeEventListener('abort', stop);
    }
  }

  /** Brings what the model says into the run; gives a model up that is silent for too long, before its first word or later. */
  private async readStream(
    run: RunLog, ask: () => ReturnType<Awaited<ReturnType<Models['open']>>['stream']>, call: AbortController, running: RunningSpan,
  ): Promise<Said> {
    const { silenceSeconds } = this.config;
    let silent = false;
    const watchdog = setTimeout(() => {
      silent = true;
      call.abort();
    }, silenceSeconds * 1000);
    const said: Said = { usage: null, unknown: false, truncated: false };
    let finishReason: string | undefined;
    try {
      for await (const chunk of await ask()) {
        watchdog.refresh();
        const part = toPart(chunk);
        if (part.text !== '') {
          run.appendText(part.text);
          this.flusher.schedule(run);
          if (run.isFull) await this.flusher.drain(run);
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
    const usage = said.usage && { [GEN_AI.inputTokens]: said.usage.inputTokens, [GEN_AI.outputTokens]: said.usage.outputTokens };
    running.set({ [GEN_AI.finishReasons]: [finishReason], ...usage });
    return said;
  }
}

function resultOf(run: RunLog, context: AnswerContext | undefined, { usage, unknown, truncated }: Said): AnswerResult {
  const citations = citationsOf(run.text, context?.shown ?? []);
  const outcome: RunOutcome = unknown || (citations.length === 0 && saysUnknown(run.text)) ? 'unknown' : 'answered';
  return { status: 'completed', outcome, citations, degraded: context?.degraded ?? [], truncated, usage: usage ?? null };
}

function stoppedBy(reason: unknown): Pick<AnswerResult, 'status' | 'outcome'> {
  return reason === 'cancelled' ? { status: 'cancelled', outcome: 'cancelled' } : { status: 'interrupted', outcome: 'interrupted' };
}

function sourcesOf({ shown }: AnswerContext): RunSource[] {
  return shown.map(({ chunkId, documentId, documentName, heading, page, start, end, score }, at) => (
    { marker: at + 1, chunkId, documentId, documentName, heading, page, start, end, score }
  ));
}
