import { estimateTokens, visible } from '#platform/text';
import type { InMemory, RecalledFact } from '#memory';
import type { Passage } from '#search';
import { type FencedPassage, type FencedPrompt, fence, fencePassage } from './fence.js';
import type { Reading } from './follow-up.js';
import { FORGETS, GROUNDED, KEEPS_NOTHING, REMEMBERS, UNGROUNDED } from './rules.js';

export interface HistoryMessage {
  role: 'user' | 'assistant';
  content: string;
}

/** One message as every model understands it. */
interface PromptMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface PromptParts {
  instructions: string;
  /** System messages of an OpenAI client, after the agent's own. */
  clientInstructions?: string[];
  /** Oldest first, without the question. */
  history: HistoryMessage[];
  facts: RecalledFact[];
  /** Best first. */
  passages: Passage[];
  question: string;
  /** The questions of the message, one by one, with what was found for each, best first. */
  asked?: (Reading & { passages: Passage[] })[];
  /** False for an agent that answers from the model's own knowledge. */
  grounded: boolean;
  /** True where what the person says about themselves is kept. */
  remembers: boolean;
  /** What becomes of this message in memory; left out, it is kept. */
  inMemory?: InMemory;
  /** Tokens the whole prompt may take. */
  budget: number;
}

/** What the last message is made of, for a model that reads it as data instead of as text. */
export interface PromptMaterial extends FencedPrompt {
  /** Whether something of this message is kept: only then may an answer promise it. */
  remembers: boolean;
  /** Whether it makes something kept be forgotten. */
  forgets?: boolean;
  /** The questions of the message one by one. */
  asked: LookedUpQuestion[];
}

/** One question of a message, as it was looked up. */
export interface LookedUpQuestion extends Reading {
  /** Of the passages shown, those found for it, best first. */
  markers: number[];
  /** 0..1: the share of the question that the best of them holds, by rarity; undefined where nothing is known of it. */
  coverage?: number;
}

export interface Prompt {
  messages: PromptMessage[];
  material: PromptMaterial;
  /** The passages that were shown; the passage with marker n is at n - 1. */
  shown: Passage[];
  tokens: number;
}

/** Of what is left after instructions and question: passages take at most this share, facts at most theirs, history the rest. */
const PASSAGES_SHARE = 0.65;
const FACTS_SHARE = 0.1;
/** What a provider adds around each message. */
const MESSAGE_OVERHEAD = 4;
const OF_MEMORY: Record<InMemory, string> = { kept: REMEMBERS, nothing: KEEPS_NOTHING, forgotten: FORGETS };

/** What encloses facts and passages. */
const ENCLOSURES = estimateTokens('<facts>\n\n</facts>\n\n<passages>\n\n</passages>\n\n');

/**
 * Agent, history, facts, passages and question as one prompt that keeps its token budget. Instructions and question always stay; passages
 * go from the worst on, history from the oldest on. What changes from turn to turn stands last, so that a provider's prompt cache holds.
 * Nothing that no reader sees gets in.
 */
export function buildPrompt(given: PromptParts): Prompt {
  const parts = asSeen(given);
  const { grounded, remembers, budget } = parts;
  const inMemory = remembers ? (parts.inMemory ?? 'kept') : 'nothing';
  const rules = [grounded ? GROUNDED : UNGROUNDED, remembers ? OF_MEMORY[inMemory] : ''];
  const system = [parts.instructions.trim(), ...rules, ...(parts.clientInstructions ?? [])].filter((text) => text !== '').join('\n\n');
  const bare = cost(fence({ facts: [], passages: [], question: parts.question }));
  const room = Math.max(0, budget - cost(system) - bare - ENCLOSURES);
  const shown = fitting(parts.passages, room * PASSAGES_SHARE, (passage, at) => estimateTokens(fencePassage(fenced(passage, at))));
  const facts = fitting(parts.facts, room * FACTS_SHARE, (fact) => estimateTokens(fact.text) + 1).map(({ text }) => text);
  const markers = new Map(shown.map(({ chunkId }, at) => [chunkId, at + 1]));
  const asked = (parts.asked ?? []).map(({ text, carried, passages }) => ({
    text, carried, markers: passages.flatMap(({ chunkId }) => markers.get(chunkId) ?? []),
    coverage: Math.max(0, ...passages.map((passage) => passage.coverage)),
  }));
  const material = { facts, passages: shown.map(fenced), question: parts.question, remembers: inMemory === 'kept',
    forgets: inMemory === 'forgotten', asked };
  const question = facts.length === 0 && shown.length === 0 && !grounded ? parts.question : fence(material);
  const left = budget - cost(system) - cost(question);
  const history = fitting(parts.history.toReversed(), left, ({ content }) => cost(content)).reverse();
  const messages: PromptMessage[] = [{ role: 'system', content: system }, ...history, { role: 'user', content: question }];
  return { messages, material, shown, tokens: messages.reduce((sum, { content }) => sum + cost(content), 0) };
}

/** Passages keep what stands in their document, which citations point into: they are shown as `fenced`. */
function asSeen(parts: PromptParts): PromptParts {
  return {
    ...parts,
    instructions: visible(parts.instructions),
    clientInstructions: parts.clientInstructions?.map(visible),
    history: parts.history.map((message) => ({ ...message, content: visible(message.content) })),
    facts: parts.facts.map((fact) => ({ ...fact, text: visible(fact.text) })),
    question: visible(parts.question),
  };
}

/** The most tokens a prompt of these parts may take, whatever is found for it. */
export function mostPromptTokens(parts: Omit<PromptParts, 'history' | 'facts' | 'passages'>): number {
  const { tokens } = buildPrompt({ ...parts, history: [], facts: [], passages: [] });
  return Math.max(parts.budget, tokens);
}

function cost(text: string): number {
  return estimateTokens(text) + MESSAGE_OVERHEAD;
}

/** The leading items that fit into the room together. */
function fitting<T>(items: T[], room: number, size: (item: T, at: number) => number): T[] {
  let used = 0;
  const end = items.findIndex((item, at) => (used += size(item, at)) > room);
  return end < 0 ? items : items.slice(0, end);
}

/** Rows of a table that began earlier go with its header: without it nobody knows what the values are. */
function fenced({ documentName, heading, page, context, text }: Passage, at: number): FencedPassage {
  return { marker: at + 1, document: visible(documentName), heading: heading === null ? null : visible(heading), page,
    text: visible(context === '' ? text : `${context}\n${text}`) };
}
