import { AgentDirectory } from '#tenancy';
import { contract, type ErrorData } from '#platform/core';
import type { Citation } from '#memory';

/** How a run stands. Everything but `running` is final. */
export type RunStatus = 'running' | 'completed' | 'failed' | 'cancelled' | 'interrupted';

/** What the answer was worth: `unknown` says honestly that no document says it. */
export type RunOutcome = 'answered' | 'unknown' | 'interrupted' | 'failed' | 'cancelled';

/** What a run could not use and went on without; the answer is flagged with it. */
export type Degraded = 'search' | 'memory';

export interface RunUsage {
  inputTokens: number;
  outputTokens: number;
  /** Part of inputTokens the provider served from its cache. */
  cachedTokens: number;
  /** True where the provider reported nothing and the counts are characters / 4. */
  estimated: boolean;
}

export interface Run {
  id: string;
  status: RunStatus;
  outcome: RunOutcome | null;
  /** Null for a stateless run (/v1/chat/completions): its messages are the client's. */
  conversationId: string | null;
  /** Id of the answer; in `GET /v1/conversations/{id}/messages` once the run is final, if the run has a conversation. */
  messageId: string;
  agentId: string;
  model: string;
  offline: boolean;
  degraded: Degraded[];
  usage: RunUsage;
  /** Milliseconds from acceptance to the first piece of text and to the end; null while unknown. */
  firstTokenMs: number | null;
  latencyMs: number | null;
  error: ErrorData | null;
  startedAt: string;
  finishedAt: string | null;
}

/** A passage the model was shown under its number, before it said anything. */
export interface RunSource {
  marker: number;
  chunkId: string;
  documentId: string;
  documentName: string;
  heading: string | null;
  page: number | null;
  start: number;
  end: number;
  score: number;
}

/** What the final event of a run says, whatever ended it. `text` is the whole answer as it was saved. */
export interface RunEnd {
  runId: string;
  messageId: string;
  outcome: RunOutcome;
  text: string;
  citations: Citation[];
  /** The answer reached the tokens it may take and was cut there. */
  truncated: boolean;
  usage: RunUsage;
  degraded: Degraded[];
  firstTokenMs: number | null;
  latencyMs: number;
  error?: ErrorData;
}

/** One line of a run's log. `id` grows by at least one from event to event and is what Last-Event-ID speaks of. */
export type RunEvent = { id: number } & (
  | {
    event: 'run.started';
    data: {
      runId: string; conversationId: string | null; questionId: string | null; messageId: string;
      agentId: string; model: string; offline: boolean;
    };
  }
  | { event: 'run.sources'; data: { query: string; sources: RunSource[]; degraded: Degraded[] } }
  | { event: 'answer.delta'; data: { text: string } }
  | { event: 'run.completed' | 'run.failed' | 'run.cancelled' | 'run.interrupted'; data: RunEnd }
);

/** One assistant of a tenant: how it speaks and what it may use. */
export interface AgentProfile {
  id: string;
  name: string;
  /** The name under which OpenAI clients ask for it as `model`. */
  handle: string;
  instructions: string;
  /** Null: the deployment's model (ATOLL_CHAT_MODEL, or the built-in offline model). */
  model: string | null;
  temperature: number | null;
  /** Whether it searches the tenant's documents and answers from them alone. */
  knowledge: boolean;
  /** Whether it recalls what the person told it in other conversations. */
  memory: boolean;
  isDefault: boolean;
  createdAt: string;
  updatedAt: string;
}

/** The tenant's assistants and their answers: durable runs, which go on when their asker leaves, and whose log can be read again. */
export abstract class Agent extends AgentDirectory {
  /**
   * Answers `text` in a conversation of the caller and streams the run's log to its final event. The run lives on when the reader stops.
   * Repeating a runId reads the run that exists. Throws before anything starts: budget spent, conversation unknown or busy.
   */
  abstract ask(question: { runId: string; conversationId: string; text: string }): AsyncIterable<RunEvent>;
  /**
   * The log of a run from behind `after` (0: everything) to its final event, live where it still runs; its final event again where it ended
   * there or before.
   */
  abstract events(ask: { runId: string; after: number }): AsyncIterable<RunEvent>;
  abstract run(ask: { runId: string }): Promise<Run>;
  /** Stops a running answer; what was said stays. A run that is over is returned as it ended. */
  abstract cancel(ask: { runId: string }): Promise<Run>;
  /** All assistants of the tenant, the default one first; the default one exists without any set-up. */
  abstract agents(): Promise<AgentProfile[]>;
}

export const agentContract = contract('agent', Agent, {
  ask: 'stream',
  events: 'stream',
  run: 'query',
  cancel: 'command',
  agents: 'query',
  knows: 'query',
});
