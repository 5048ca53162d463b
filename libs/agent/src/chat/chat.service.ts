import { Injectable } from '@nestjs/common';
import { AppError, current, detached, newId } from '#platform/core';
import { Memory, type Message } from '#memory';
import { AgentConfig } from '../agent.config.js';
import { Agents } from '../agents/agents.service.js';
import type { AgentProfile } from '../contract.js';
import { Models, OFFLINE_MODEL } from '../models/models.service.js';
import type { LiveRun } from '../runs/live-run.js';
import { RunWriter } from '../runs/run-writer.js';
import { Answering } from './answering.js';
import type { Spoken } from './grounding.js';

export interface ConversationAsk {
  runId: string;
  conversationId: string;
  text: string;
}

/** A question with all that it hangs on: the client keeps the conversation (/v1/chat/completions). */
export interface StatelessAsk {
  agent: AgentProfile;
  text: string;
  history: Spoken[];
  clientInstructions: string[];
  temperature: number | null;
  maxTokens: number | null;
}

/** Messages of a conversation that may be read back for the prompt; what does not fit into it is dropped there. */
const HISTORY = 40;

/** Starts answers. What it throws, it throws before anything has started; afterwards the run says how things went. */
@Injectable()
export class ChatService {
  constructor(
    private readonly memory: Memory,
    private readonly agents: Agents,
    private readonly models: Models,
    private readonly writer: RunWriter,
    private readonly answering: Answering,
    private readonly config: AgentConfig,
  ) {}

  async ask({ runId, conversationId, text }: ConversationAsk): Promise<LiveRun> {
    const [conversation, history, fallback] = await Promise.all([
      this.memory.conversation({ conversationId }),
      this.memory.history({ conversationId, limit: HISTORY }),
      this.agents.default(),
    ]);
    const agent = await this.agentOf(conversation.agentId, fallback);
    const questionId = newId();
    return this.start({
      runId,
      conversationId,
      questionId,
      save: () => this.memory.append({ conversationId, message: { id: questionId, role: 'user', text, status: 'complete', citations: [], runId } }),
      ask: { agent, text, history: spoken(history), clientInstructions: [], temperature: agent.temperature, maxTokens: null },
    });
  }

  complete(runId: string, ask: StatelessAsk): Promise<LiveRun> {
    return this.start({ runId, conversationId: null, questionId: null, save: () => Promise.resolve(), ask });
  }

  private async start({ runId, conversationId, questionId, save, ask }: { runId: string; conversationId: string | null; questionId: string | null; save: () => Promise<void>; ask: StatelessAsk }): Promise<LiveRun> {
    const { agent } = ask;
    const model = this.models.nameFor(agent.model);
    const maxTokens = Math.min(ask.maxTokens ?? this.config.answerTokens, this.config.answerTokens);
    const scope = current();
    const facts = { runId, scope, conversationId, questionId, messageId: newId(), agentId: agent.id, model, offline: model === OFFLINE_MODEL };
    const run = await this.writer.begin(facts, { inputTokens: this.config.promptTokens, maxOutputTokens: maxTokens });
    // The request may end, be aborted or time out; the answer is written all the same.
    void detached(() => this.answering.write(run, { ...ask, maxTokens, save }));
    return run;
  }

  /** An agent that was deleted leaves its conversations to the default one. */
  private async agentOf(id: string | null, fallback: AgentProfile): Promise<AgentProfile> {
    if (id === null || id === fallback.id) return fallback;
    try {
      return await this.agents.find(id);
    } catch (error) {
      if (error instanceof AppError && error.code === 'not-found') return fallback;
      throw error;
    }
  }
}

/** What was said, without answers that never came: no provider takes an empty message. */
function spoken(messages: Message[]): Spoken[] {
  return messages.filter(({ text }) => text !== '').map(({ role, text }) => ({ role, content: text }));
}
