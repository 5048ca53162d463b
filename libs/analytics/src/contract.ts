import { contract } from '#platform/core';

export interface Shares {
  /** Turns whatever became of them. */
  questions: number;
  answered: number;
  /** Honest "I do not know": no document says it. */
  unknown: number;
  /** Interrupted, cancelled or failed. */
  broken: number;
  conversations: number;
  activeUsers: number;
  thumbsUp: number;
  thumbsDown: number;
}

export interface DayOfUse extends Shares {
  /** ISO day in the tenant's time zone. */
  day: string;
  inputTokens: number;
  outputTokens: number;
}

export interface Spread {
  /** Within 2.5 % of the exact value; null while nothing was measured. */
  medianMs: number | null;
  p95Ms: number | null;
}

export interface Overview extends Shares {
  from: string;
  to: string;
  timeZone: string;
  /** unknown / (answered + unknown), 0 to 1; null without answers. */
  unknownShare: number | null;
  /** up / (up + down), 0 to 1; null without judgements. */
  feedbackScore: number | null;
  latency: Spread;
  firstToken: Spread;
  tokens: { input: number; cached: number; output: number };
  /** From billing's ledger, whose days are UTC; null while billing cannot be asked. */
  cost: { currency: string; micros: number } | null;
  topDocuments: { documentId: string; name: string; citations: number }[];
  documents: { indexed: number; failed: number; removed: number };
  /** Every day of the range, quiet ones too. */
  series: DayOfUse[];
}

/** What the tenant's people do with their assistant, counted from the other contexts' events, a second or two behind them. */
export abstract class Analytics {
  /** ISO days of the tenant's time zone, both included; the last 30 days unless told, 366 at most. */
  abstract overview(range: { from?: string; to?: string }): Promise<Overview>;
}

export const analyticsContract = contract('analytics', Analytics, { overview: 'query' });
