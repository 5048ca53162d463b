import { Injectable } from '@nestjs/common';
import { logger } from '#platform/core';
import { estimateTokens } from '#platform/text';
import { inMemory, Memory, type RecalledFact } from '#memory';
import { Search } from '#search';
import { AgentConfig } from '../agent.config.js';
import type { AgentProfile, Degraded } from '../contract.js';
import { queryOf } from '../prompt/follow-up.js';
import { type Prompt, type HistoryMessage, buildPrompt, mostPromptTokens } from '../prompt/prompt.js';
import { findPassages, type LookedUp, mergedPassages } from './passage-finder.js';

/** What is asked of an agent, with all that was said before. */
export interface AskedQuestion {
  agent: AgentProfile;
  text: string;
  /** Oldest first. */
  history: HistoryMessage[];
  clientInstructions: string[];
  /** Whether it stands in a conversation of Atoll's: memory learns from those alone. */
  isKept: boolean;
}

export interface AnswerContext extends Prompt {
  /** What was looked up: the question, with what a follow-up leaves out; a line for each where the message asks several. */
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
    return mostPromptTokens({ instructions, clientInstructions, question: text, grounded, remembers, inMemory: 'nothing',
      budget: this.config.promptTokens });
  }

  async build({ agent, text, history, clientInstructions, isKept }: AskedQuestion): Promise<AnswerContext> {
    const degraded: Degraded[] = [];
    const { passages: limit, promptTokens: budget } = this.config;
    // Where they fill the prompt by themselves, nothing that is found would go into it: a look-up may cost money too.
    const hasRoom = estimateTokens([agent.instructions, ...clientInstructions, text].join('\n')) < budget;
    const becomes = isKept ? inMemory(text) : 'nothing';
    const [facts, asked] = await Promise.all([
      agent.memory && hasRoom ? this.orNone<RecalledFact>('memory', this.memory.recall({ text, limit: FACTS }), degraded) : [],
      agent.knowledge && hasRoom ? this.orNone<LookedUp>('search', findPassages(this.search, text, history, limit), degraded) : [],
    ]);
    const { instructions, knowledge: grounded, memory: remembers } = agent;
    const found = { history, facts: becomes === 'forgotten' ? [] : facts, passages: mergedPassages(asked, limit), asked };
    const prompt = buildPrompt({ instructions, clientInstructions, ...found, question: text, grounded,
      remembers, inMemory: becomes, budget });
    return { ...prompt, query: asked.map(queryOf).join('\n') || text, degraded };
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
