import { Injectable } from '@nestjs/common';
import { type AppError, GEN_AI, logger, span } from '#platform/core';
import { estimateTokens } from '#platform/text';
import { AgentConfig } from '../agent.config.js';
import type { RunOutcome, RunSource, RunUsage } from '../contract.js';
import { AnswerLimit } from '../models/answer-limit.js';
import { toPart } from '../models/answer-part.js';
import { answerFiltered, modelCut, modelFailed, modelSilent, modelThinking, nothingSaid } from '../models/model-errors.js';
import { Models } from '../models/models.service.js';
import type { FinishReason } from '../models/wire/answer-reader.js';
import { withoutOrphanThought } from '../models/wire/thoughts.js';
import type { ToldUsage } from '../models/wire/usage.js';
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
  /** Where the answer ends, if one of these comes up. */
  stop: readonly string[];
  /** Further fields of the request to a provider, as an OpenAI client asked for them. */
  fields: Record<string, unknown>;
}

interface Said {
  /** The provider took the request: from here on it may bill the prompt. */
  begun: boolean;
  usage: ToldUsage;
  /** What the model thought on its way; nobody is shown it. */
  thought: string;
  /** The model itself says that it found no answer. */
  unknown: boolean;
  truncated: boolean;
  /** Cut here, because the model went on behind its end. */
  cut: boolean;
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
    const said: Said = { begun: false, usage: {}, thought: '', unknown: false, truncated: false, cut: false };
    try {
      [context] = await Promise.all([plan.context, this.runs.saveQuestion(run)]);
      run.append('run.sources', { query: context.query, sources: sourcesOf(context), degraded: context.degraded });
      run.abort.signal.throwIfAborted();
      run.inputTokens = context.tokens;
      // From here on the provider may bill the prompt: a process that dies now must leave behind how long it was.
      this.flusher.flushSoon(run);
      await this.callModel(run, plan, context, said);
      await this.runs.finish(run, resultOf(run, context, plan.maxTokens, said));
    } catch (error) {
      const stopped = run.abort.signal.aborted;
      if (!stopped) this.log.warn({ error, runId: run.facts.runId }, 'an answer failed');
      const end = stopped ? stoppedBy(run.abort.signal.reason) : { status: 'failed' as const, outcome: 'failed' as const, error };
      await this.runs.finish(run, { ...resultOf(run, context, plan.maxTokens, said), ...end });
    }
  }

  private async callModel(
    run: RunLog, { temperature, maxTokens, stop: stopAt, fields }: AnswerPlan, context: AnswerContext, said: Said,
  ): Promise<void> {
    const { model: name, offline, agentId, conversationId } = run.facts;
    const call = new AbortController();
    const stop = (): void => call.abort();
    run.abort.signal.addEventListener('abort', stop, { once: true });
    const attributes = {
      [GEN_AI.operation]: 'chat', [GEN_AI.provider]: offline ? 'atoll' : 'openai', [GEN_AI.requestModel]: name,
      [GEN_AI.maxTokens]: maxTokens, [GEN_AI.agent]: agentId, ...(conversationId && { [GEN_AI.conversation]: conversationId }),
    };
    try {
      await span(`chat ${name}`, attributes, async (running) => {
        const [model, messages] = await Promise.all([this.models.open({ model: name, temperature, maxTokens, fields }),
          toMessages(context)]);
        const reason = await this.readStream(run, () => model.stream(messages, { signal: call.signal }), call, said,
          new AnswerLimit(stopAt, maxTokens, offline));
        const { inputTokens, outputTokens } = said.usage;
        running.set({ [GEN_AI.finishReasons]: [reason], ...(inputTokens !== undefined && { [GEN_AI.inputTokens]: inputTokens }),
          ...(outputTokens !== undefined && { [GEN_AI.outputTokens]: outputTokens }) });
        run.text = withoutOrphanThought(run.text);
        if (reason === 'content_filter') throw answerFiltered();
        if (reason === 'error') throw modelCut();
        if (run.text.trim() === '') throw nothingSaid(reason, maxTokens);
        said.truncated = reason === 'length';
      }, { kind: 'client' });
    } finally {
      run.abort.signal.removeEventListener('abort', stop);
    }
  }

  /**
   * Brings what the model says into the run and tells how it ended. A model is given up that shows no sign of life for too long, or no
   * word for much longer; one that goes on behind the answer's end is stopped there.
   */
  private async readStream(
    run: RunLog, ask: () => ReturnType<Awaited<ReturnType<Models['open']>>['stream']>, call: AbortController, said: Said,
      limit: AnswerLimit,
  ): Promise<FinishReason> {
    const { silenceSeconds, thinkingSeconds } = this.config;
    let late: AppError | undefined;
    const giveUpAfter = (seconds: number, why: (seconds: number) => AppError): NodeJS.Timeout => setTimeout(() => {
      late ??= why(seconds);
      call.abort();
    }, seconds * 1000);
    const silence = giveUpAfter(silenceSeconds, modelSilent);
    const wordless = giveUpAfter(thinkingSeconds, modelThinking);
    let finish: FinishReason | undefined;
    try {
      for await (const chunk of await ask()) {
        silence.refresh();
        said.begun = true;
        const { text, thought, usage, unknown, finishReason } = toPart(chunk);
        if (text !== '') {
          wordless.refresh();
          await this.say(run, limit.push(text));
        }
        said.thought += thought;
        if (usage) said.usage = usage;
        if (unknown) said.unknown = true;
        finish = finishReason ?? finish;
        if (!limit.reached) continue;
        clearTimeout(silence);
        call.abort();
        break;
      }
    } catch (error) {
      if (!limit.reached && (finish === undefined || !late)) throw late ?? (run.abort.signal.aborted ? error : modelFailed(error));
    } finally {
      clearTimeout(silence);
      clearTimeout(wordless);
    }
    run.abort.signal.throwIfAborted();
    if (late && finish === undefined && !limit.reached) throw late;
    await this.say(run, limit.rest());
    if (limit.reached) {
      said.cut = finish === undefined;
      return limit.reached;
    }
    if (finish === undefined) throw modelCut();
    return finish;
  }

  private async say(run: RunLog, text: string): Promise<void> {
    if (text === '') return;
    run.appendText(text);
    this.flusher.schedule(run);
    if (run.isFull) await this.flusher.drain(run);
  }
}

function resultOf(run: RunLog, context: AnswerContext | undefined, maxTokens: number, said: Said): AnswerResult {
  const citations = citationsOf(run.text, context?.shown ?? []);
  const outcome: RunOutcome = said.unknown || (citations.length === 0 && saysUnknown(run.text)) ? 'unknown' : 'answered';
  const degraded = context?.degraded ?? [];
  return { status: 'completed', outcome, citations, degraded, truncated: said.truncated, usage: usageOf(run, said, maxTokens) };
}

/**
 * What the provider counted, and an estimate of what it did not tell. Who failed before it took the request bills nothing; a model that
 * was stopped at the end of its answer is counted up to there.
 */
function usageOf(run: RunLog, { begun, usage, thought, cut }: Said, maxTokens: number): RunUsage {
  const estimated = estimateTokens(run.text) + estimateTokens(thought);
  return {
    inputTokens: usage.inputTokens ?? (begun || run.abort.signal.aborted ? run.inputTokens : 0),
    outputTokens: usage.outputTokens ?? (cut ? Math.min(estimated, maxTokens) : estimated),
    cachedTokens: Math.min(usage.cachedTokens ?? 0, usage.inputTokens ?? 0),
    estimated: usage.inputTokens === undefined || usage.outputTokens === undefined,
  };
}

function stoppedBy(reason: unknown): Pick<AnswerResult, 'status' | 'outcome'> {
  return reason === 'cancelled' ? { status: 'cancelled', outcome: 'cancelled' } : { status: 'interrupted', outcome: 'interrupted' };
}

function sourcesOf({ shown }: AnswerContext): RunSource[] {
  return shown.map(({ chunkId, documentId, documentName, heading, page, start, end, score }, at) => (
    { marker: at + 1, chunkId, documentId, documentName, heading, page, start, end, score }
  ));
}
