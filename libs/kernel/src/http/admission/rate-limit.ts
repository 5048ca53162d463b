import { AppError } from '../../errors/app-error.js';

/** One caller's place in the schedule: its theoretical arrival time (GCRA), in ms of the monotonic clock. */
export interface RateState {
  at: number;
}

const WINDOW_SECONDS = 60;

/** Sums of a clock's fractions miss by less than this; without it the last request of a quota is refused now and then. */
const ROUNDING_MS = 0.001;

/**
 * GCRA: a quota a minute, all of it at once or evenly spread, without counters that reset or timers that tick. Counted in this process: N
 * processes let through up to N times as much. The names and numbers of the headers follow the IETF draft (RateLimit header fields for HTTP).
 */
export class RateLimit {
  readonly policy: string;
  private readonly intervalMs: number;
  private readonly burstMs = WINDOW_SECONDS * 1_000;
  private young = new Map<string, RateState>();
  private old = new Map<string, RateState>();

  constructor(readonly name: string, readonly perMinute: number, private readonly maxKeys = 50_000) {
    this.policy = `"${name}";q=${perMinute};w=${WINDOW_SECONDS}`;
    this.intervalMs = perMinute > 0 ? (WINDOW_SECONDS * 1_000) / perMinute : 0;
  }

  get off(): boolean {
    return this.perMinute === 0;
  }

  /** The state kept under a key from `keyOf` or an address. Dropped states belong to callers who were silent or are one of very many. */
  state(key: string): RateState {
    let found = this.young.get(key);
    if (found) return found;
    found = this.old.get(key) ?? { at: 0 };
    if (this.young.size >= this.maxKeys / 2) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, found);
    return found;
  }

  /** Takes one request; how many more would pass at once, or -1 when this one may not. */
  take(state: RateState, now: number): number {
    const from = state.at > now ? state.at : now;
    const next = from + this.intervalMs;
    if (next - now > this.burstMs + ROUNDING_MS) return -1;
    state.at = next;
    return Math.floor((this.burstMs - (next - now) + ROUNDING_MS) / this.intervalMs);
  }

  /** Whether one more would pass, without taking it. */
  wouldPass(state: RateState, now: number): boolean {
    return (state.at > now ? state.at : now) + this.intervalMs - now <= this.burstMs + ROUNDING_MS;
  }

  /** Seconds until the whole quota is there again. */
  resetSeconds(state: RateState, now: number): number {
    return Math.max(0, Math.ceil((state.at - now) / 1_000));
  }

  refusal(state: RateState, now: number): AppError {
    const seconds = Math.max(1, Math.ceil((state.at + this.intervalMs - now - this.burstMs) / 1_000));
    return new AppError('rate-limited', 'kernel.rate-limited', `More than ${this.perMinute} requests a minute came from you, so this one was not served. Wait ${seconds} s and send it again.`, { retryAfterSeconds: seconds });
  }
}
