import { Injectable } from '@nestjs/common';
import { logger } from '#platform/core';
import { Memory, type RecalledFact } from '#memory';
import { type Passage, Search } from '#search';
import { AgentConfig } from '../agent.config.js';
import type { AgentProfile, Degraded } from '../contract.js';
import { standalone } from './follow-up.js';
import { type Prompt, buildPrompt } from './prompt.js';

export interface Spoken {
  role: 'user' | 'assistant';
  content: string;
}

export interface Question {
  agent: AgentProfile;
  text: string;
  /** Oldest first. */
  history: Spoken[];
  clientInstructions: string[];
}

export interface Grounded extends Prompt {
  /** What was looked up: the question, with what a follow-up leaves out. */
  query: string;
  degraded: Degraded[];
}

const FACTS = 8;

/** What an answer is drawn from. Without search or memory there still is an answer, flagged as degraded. */
@Injectable()
export class Grounding {
  private readonly log = logger('agent');

  constructor(
    private readonly memory: Memory,
    private readonly search: Search,
    private readonly config: AgentConfig,
  ) {}

  async prepare({ agent, text, history, clientInstructions }: Question): Promise<Grounded> {
    const query = standalone(text, history);
    const degraded: Degraded[] = [];
    const [facts, passages] = await Promise.all([
      agent.memory ? this.orNone<RecalledFact>('memory', this.memory.recall({ text, limit: FACTS }), degraded) : [],
      agent.knowledge ? this.orNone<Passage>('search', this.search.find({ text: query, limit: this.config.passages }), degraded) : [],
    ]);
    const prompt = buildPrompt({ instructions: agent.instructions, clientInstructions, history, facts, passages, question: text, grounded: agent.knowledge, remembers: agent.memory, budget: this.config.promptTokens });
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
