import { Injectable } from '@nestjs/common';
import { logger } from '#platform/core';
import { estimateTokens } from '#platform/text';
import { Memory, type RecalledFact } from '#memory';
import { type Passage, Search } from '#search';
import { AgentConfig } from '../agent.config.js';
import type { AgentProfile, Degraded } from '../contract.js';
import { standalone } from '../prompt/follow-up.js';
import { type Prompt, type HistoryMessage, buildPrompt, mostPromptTokens } from '../prompt/prompt.js';

/** What is asked of an agent, with all that was said before. */
export interface AskedQuestion {
  agent: AgentProfile;
  text: string;
  /** Oldest first. */
  history: HistoryMessage[];
  clientInstructions: string[];
}

export interface AnswerContext extends Prompt {
  /** What was looked up: the question, with what a follow-up leaves out. */
  query: string;
  degraded: Degraded[];
}

const FACTS = 8;

/** What an answer is drawn from. Without search or memory there still is an answer, flagged as degraded. */
@Injectable()
export class ContextBuilder {
  private readonly log = logger('agent');

  constructor(
    private readonly memory: Memory,
    private readonly search: Search,
    private readonly config: AgentConfig,
  ) {}

  /** Known before anything is looked up: the most tokens that `build` will make of it. */
  mostTokens({ agent, text, clientInstructions }: AskedQuestion): number {
    const { instructions, knowledge: grounded, memory: remembers } = agent;
    return mostPromptTokens({ instructions, clientInstructions, question: text, grounded, remembers, budget: this.config.promptTokens });
  }

  async build({ agent, text, history, clientInstructions }: AskedQuestion): Promise<AnswerContext> {
    const query = standalone(text, history);
    const degraded: Degraded[] = [];
    const { passages: limit, promptTokens: budget } = this.config;
    // Where they fill the prompt by themselves, nothing that is found would go into it: a look-up may cost money too.
    const hasRoom = estimateTokens([agent.instructions, ...clientInstructions, text].join('\n')) < budget;
    const [facts, passages] = await Promise.all([
      agent.memory && hasRoom ? this.orNone<RecalledFact>('memory', this.memory.recall({ text, limit: FACTS }), degraded) : [],
      agent.knowledge && hasRoom ? this.orNone<Passage>('search', this.search.find({ text: query, limit }), degraded) : [],
    ]);
    const { instructions, knowledge: grounded, memory: remembers } = agent;
    const prompt = buildPrompt({ instructions, clientInstructions, history, facts, passages, question: text, grounded, remembers, budget });
    return { ...prompt, query, degraded };
  }

  private async orNone<T>(what: Degraded, asked: Promise<T[]>, degraded: Degraded[]): Promise<T[]> {
    try {
      return await asked;
    } catch (error) {
      this.log.warn({ error, what }, 'answering without it');
      degraded.push(what);
      return [];
    }
  }
}
