import { defineEvent } from '#platform/messaging';
import type { RunOutcome } from './contract.js';

/** One answer is over, whatever ended it; published in the transaction that ends the run, so exactly once per run. */
export const turnCompleted = defineEvent<{
  /** Equal to runId: one run answers one turn. */
  turnId: string;
  runId: string;
  /** Null for a stateless run (/v1/chat/completions). */
  conversationId: string | null;
  /** The question's and the answer's message; the question is null for a stateless run. */
  questionId: string | null;
  messageId: string;
  agentId: string;
  userId: string;
  model: string;
  offline: boolean;
  tokensIn: number;
  tokensOut: number;
  tokensCached: number;
  latencyMs: number;
  /** Null when no text was produced. */
  firstTokenMs: number | null;
  outcome: RunOutcome;
  /** Documents the answer cites, each once. */
  cited: { documentId: string; documentName: string }[];
}>('agent.turn-completed', 1);

/** A person judged an answer, or changed their mind about one. The same judgement twice is published once. */
export const feedbackGiven = defineEvent<{
  messageId: string;
  runId: string | null;
  conversationId: string;
  userId: string;
  rating: 'up' | 'down';
  /** What the same person said of it before. */
  previous: 'up' | 'down' | null;
  commented: boolean;
}>('agent.feedback-given', 1);
