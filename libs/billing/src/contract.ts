import { contract } from '#platform/core';

/** The built-in offline model runs on the deployment's own processor and costs nothing. */
export const OFFLINE_MODEL = 'atoll-offline';

/** What one answer may and did consume. Costs are integer minor units (cents) scaled as `Price` says. */
interface Usage {
  inputTokens: number;
  outputTokens: number;
  /** Part of inputTokens that the provider served from its cache, billed at the cached price. */
  cachedTokens?: number;
}

/** Price of one model: micro-units (1/1,000,000 of the currency's major unit) for a million tokens, so that a token's price is exact. */
export interface Price {
  model: string;
  currency: string;
  inputPerMillion: number;
  cachedPerMillion: number;
  outputPerMillion: number;
}

export interface Charge {
  runId: string;
  model: string;
  currency: string;
  /** Integer millionths of the currency's major unit: 1 cent = 10,000. Summed exactly, rounded to minor units only where shown. */
  costMicros: number;
  inputTokens: number;
  outputTokens: number;
}

export interface UsageTotals {
  currency: string;
  costMicros: number;
  inputTokens: number;
  outputTokens: number;
  runs: number;
}

/**
 * Meters what a tenant consumes and says no before money is spent. A run is authorised before the model is called (its worst case is
 * held), and settled once with what was really used.
 */
export abstract class Billing {
  /**
   * Holds the worst case of a run against the tenant's budget. Throws `billing.budget-exhausted` (payment-required) when the budget of
   * the period does not cover it and `billing.too-many-runs` (rate-limited) when too many holds are open. Repeating a runId changes
   * nothing.
   */
  abstract authorize(run: { runId: string; model: string; inputTokens: number; maxOutputTokens: number }): Promise<void>;
  /**
   * Turns the hold into a charge of what was used. Idempotent by runId; works without a hold too, so a late report
   * is never lost. It counts for the tenant's day and month of `at` (ISO 8601, now unless told).
   */
  abstract settle(run: { runId: string; model: string; userId: string; at?: string } & Usage): Promise<Charge>;
  /** Gives a hold back for a run that never reached the model. */
  abstract release(run: { runId: string }): Promise<void>;
  abstract price(ask: { model: string }): Promise<Price>;
  /** Totals of the tenant between two days (inclusive, ISO dates of its own time zone), for the analytics overview. */
  abstract totals(ask: { from: string; to: string }): Promise<UsageTotals>;
}

export const billingContract = contract('billing', Billing, {
  authorize: 'command',
  settle: 'command',
  release: 'command',
  price: 'query',
  totals: 'query',
});
