import { AppError } from '#platform/core';

const FAILURES_TO_OPEN = 5;
const OPEN_MS = 5_000;

/**
 * Stops calling a context that does not answer: after five failures in a row callers are refused at once for five seconds, then one call
 * is let through to see. Only "nobody answered" counts; an error the context itself returned shows that it is alive.
 */
export class Circuit {
  private failures = 0;
  private openUntil = 0;

  constructor(
    private readonly context: string,
    private readonly now: () => number = () => Date.now(),
  ) {}

  get open(): boolean {
    return this.openUntil > this.now();
  }

  /** Throws while the circuit is open. */
  assertClosed(): void {
    const wait = this.openUntil - this.now();
    if (wait > 0) {
      throw new AppError('unavailable', 'kernel.context-unavailable', `${this.context} has not answered its last ${FAILURES_TO_OPEN} calls, so it is not asked for a moment. Try again in a few seconds.`, { retryAfterSeconds: Math.ceil(wait / 1000) });
    }
  }

  succeeded(): void {
    this.failures = 0;
    this.openUntil = 0;
  }

  failed(): void {
    this.failures += 1;
    if (this.failures >= FAILURES_TO_OPEN) this.openUntil = this.now() + OPEN_MS;
  }
}
