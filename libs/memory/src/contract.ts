import { contract } from '#platform/core';

export { inMemory, type InMemory } from './facts/in-memory.js';

export type MessageRole = 'user' | 'assistant';

/** `interrupted`: the process died or the answer was stopped in the middle; what was said until then is kept. */
export type MessageStatus = 'complete' | 'interrupted' | 'failed';

/** Points at the passage a sentence was drawn from: `start` and `end` are character offsets into the document's extracted text. */
export interface Citation {
  /** The number in the answer's text: `[1]`. */
  marker: number;
  documentId: string;
  documentName: string;
  chunkId: string;
  heading: string | null;
  page: number | null;
  start: number;
  end: number;
  text: string;
}

export interface Message {
  id: string;
  role: MessageRole;
  text: string;
  status: MessageStatus;
  citations: Citation[];
  /** The run that wrote it; null for what a person said. */
  runId: string | null;
  createdAt: string;
}

/** What was said in a conversation, as a model is told it. */
export interface Transcript {
  agentId: string | null;
  /** Oldest first; what is empty was never said. */
  messages: { role: MessageRole; content: string }[];
}

export interface Conversation {
  id: string;
  agentId: string | null;
  title: string | null;
  createdAt: string;
  updatedAt: string;
}

/** Something the person told the agent to remember, or that was learned from what they said about themselves. */
export interface Fact {
  id: string;
  text: string;
  source: 'told' | 'learned';
  createdAt: string;
}

export interface RecalledFact extends Fact {
  /** Higher is closer; comparable within one answer only. */
  score: number;
}

/**
 * What the platform remembers: conversations and long-term facts. Tenant and person are always the caller's own; a conversation or fact
 * of someone else answers `kernel.not-found`, exactly like an unknown id.
 */
export abstract class Memory {
  /** Starts a conversation under the caller's id, or returns the one that has it already. */
  abstract open(conversation: { id: string; agentId: string | null; title: string | null }): Promise<Conversation>;
  /** A conversation's agent and its last `limit` messages, in one round trip. */
  abstract transcript(ask: { conversationId: string; limit: number }): Promise<Transcript>;
  /** Adds one message at the end. Repeating a message id changes nothing. */
  abstract append(entry: {
    conversationId: string;
    message: { id: string; role: MessageRole; text: string; status: MessageStatus; citations: Citation[]; runId: string | null };
  }): Promise<void>;
  /** One message of the caller's own, with the conversation it stands in. */
  abstract message(ask: { messageId: string }): Promise<Message & { conversationId: string }>;
  /** Facts that bear on `text`, best first; empty when nothing is known. */
  abstract recall(ask: { text: string; limit: number }): Promise<RecalledFact[]>;
  /** Stores one fact as told. Repeating an id changes nothing; a text that is known already returns the known fact. */
  abstract remember(fact: { id: string; text: string }): Promise<Fact>;
  /**
   * Looks through a finished turn for what the person said about themselves, asked to be remembered or wants forgotten (`inMemory` says it
   * beforehand). Repeating a turnId changes nothing.
   */
  abstract learn(turn: { turnId: string; conversationId: string; question: string; answer: string }): Promise<{ learned: Fact[] }>;
  /** Counts for the analytics overview. */
  abstract stats(): Promise<{ conversations: number; messages: number; facts: number }>;
}

export const memoryContract = contract('memory', Memory, {
  open: 'command',
  transcript: 'query',
  append: 'command',
  message: 'query',
  recall: 'query',
  remember: 'command',
  learn: 'command',
  stats: 'query',
});
