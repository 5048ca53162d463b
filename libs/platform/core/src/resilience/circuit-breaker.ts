import { AppError } from '../errors/app-error.js';

const FAILURES_TO_OPEN = 5;
const OPEN_MS = 5_000;

/**
 * Stops calling a service that does not answer: after five failures in a row callers are refused at once for five seconds, then it is tried
 * again. Only "nobody answered" counts; an error that the service itself returned shows that it is alive.
 */
export class CircuitBreaker {
  private failures = 0;
  private openUntil = 0;

  constructor(
    private readonly service: string,
    private readonly now: () => number = () => Date.now(),
  ) {}

  get open(): boolean {
    return this.openUntil > this.now();
  }

  /** Throws while the circuit is open. */
  assertClosed(): void {
    const wait = this.openUntil - this.now();
    if (wait <= 0) return;
    const text = `${this.service} has not answered its last ${FAILURES_TO_OPEN} calls, so it is not asked for a moment. Try again in a few `
      + 'seconds.';
    throw new AppError('unavailable', 'kernel.context-unavailable', text, { retryAfterSeconds: Math.ceil(wait / 1000) });
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
