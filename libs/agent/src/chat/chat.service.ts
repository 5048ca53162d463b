import { Injectable } from '@nestjs/common';
import { current, detached, newId } from '#platform/core';
import { OFFLINE_MODEL } from '#billing';
import { Memory } from '#memory';
import { estimateTokens } from '#platform/text';
import { AgentProfileService } from '../agents/agent-profile.service.js';
import { Models } from '../models/models.service.js';
import { RunService } from '../runs/run.service.js';
import type { RunFacts, RunLog } from '../runs/run-log.js';
import { AnswerGenerator, type AnswerPlan } from './answer-generator.js';
import { type AskedQuestion, ContextBuilder } from './context-builder.js';

interface ConversationAsk {
  runId: string;
  conversationId: string;
  text: string;
}

/** A question with all that it hangs on: the client keeps the conversation (/v1/chat/completions). */
interface StatelessAsk extends Omit<AskedQuestion, 'isKept'>, Pick<AnswerPlan, 'temperature' | 'stop' | 'fields'> {
  maxTokens: number | null;
}

/** Where a question stands: null for a stateless one. */
type Place = Pick<RunFacts, 'runId' | 'conversationId' | 'questionId' | 'question'>;

/** Messages of a conversation that may be read back for the prompt; what does not fit into it is dropped there. */
const HISTORY = 40;

/** Starts answers. What it throws, it throws before anything has started; afterwards the run says how things went. */
@Injectable()
export class ChatService {
  constructor(
    private readonly memory: Memory,
    private readonly agents: AgentProfileService,
    private readonly models: Models,
    private readonly contexts: ContextBuilder,
    private readonly runs: RunService,
    private readonly generator: AnswerGenerator,
  ) {}

  async ask({ runId, conversationId, text }: ConversationAsk): Promise<RunLog> {
    const [{ agentId, messages: history }] = await Promise.all([
      this.memory.transcript({ conversationId, limit: HISTORY }),
      this.agents.load(),
    ]);
    const agent = await this.agents.answering(agentId);
    const ask = { agent, text, history, clientInstructions: [], temperature: agent.temperature, maxTokens: null, stop: [], fields: {} };
    return this.start({ runId, conversationId, questionId: newId(), question: text }, { ...ask, isKept: true });
  }

  complete(runId: string, ask: StatelessAsk): Promise<RunLog> {
    return this.start({ runId, conversationId: null, questionId: null, question: null }, { ...ask, isKept: false });
  }

  /** The look-ups go on beside the check of the budget: they cost a question that is refused nothing but themselves. */
  private async start(place: Place, ask: StatelessAsk & AskedQuestion): Promise<RunLog> {
    const { agent, temperature, stop, fields } = ask;
    const model = this.models.nameFor(agent.model);
    const maxTokens = this.models.answerTokens(ask.maxTokens);
    const facts = { ...place, scope: current(), messageId: newId(), agentId: agent.id, model, offline: model === OFFLINE_MODEL };
    const acceptedAt = performance.now();
    const besidePrompt = schemaTokens(fields);
    const mostInputTokens = this.contexts.mostTokens(ask) + besidePrompt;
    const inputTokens = async (): Promise<number> => (await context).tokens;
    const begun = this.runs.begin(facts, { mostInputTokens, inputTokens, maxOutputTokens: maxTokens, acceptedAt });
    // The request may end, be aborted or time out; the answer is written all the same.
    const context = detached(async () => {
      const built = await this.contexts.build(ask);
      return { ...built, tokens: built.tokens + besidePrompt };
    });
    context.catch(() => undefined);
    const run = await begun;
    void detached(() => this.generator.write(run, { context, temperature, maxTokens, stop, fields }));
    return run;
  }
}

/** Providers bill the schema of an answer like text of the prompt. */
function schemaTokens({ response_format: format }: StatelessAsk['fields']): number {
  return format === undefined ? 0 : estimateTokens(JSON.stringify(format));
}
