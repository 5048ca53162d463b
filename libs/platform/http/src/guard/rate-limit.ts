import { AppError } from '#platform/core';

/** One caller's place in the schedule: its theoretical arrival time (GCRA), in ms of the monotonic clock. */
export interface RateState {
  readonly key: string;
  at: number;
}

/** What one request is told about its quota. */
export interface RateVerdict {
  by: RateLimit;
  /** How many more would pass at once; -1 when this one may not. */
  left: number;
  /** Seconds until the whole quota is there again. */
  resetSeconds: number;
  /** Seconds until one more would pass; of meaning when this one may not. */
  retryAfterSeconds: number;
}

/** Whose requests a quota counts, where it is not the caller alone. */
const COUNTED: Record<string, string> = { tenant: 'your tenant', answers: 'your tenant to routes that answer',
  uploads: 'your tenant to routes that take documents in', user: 'you and your keys', widget: 'this widget' };

const WINDOW_SECONDS = 60;

/** Sums of a clock's fractions miss by less than this; without it the last request of a quota is refused now and then. */
export const ROUNDING_MS = 0.001;

/**
 * GCRA: a quota a minute, all of it at once or evenly spread, without counters that reset or timers that tick. Counted in this process: N
 * processes let through up to N times as much, unless they count together (`SharedRates`). The names and numbers of the headers follow the
 * IETF draft (RateLimit header fields for HTTP).
 */
export class RateLimit {
  readonly policy: string;
  readonly intervalMs: number;
  readonly burstMs = WINDOW_SECONDS * 1_000;
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
    found = this.old.get(key) ?? { key, at: 0 };
    if (this.young.size >= this.maxKeys / 2) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, found);
    return found;
  }

  /** Takes one request, or with `take` false only looks whether it would pass. */
  decide(state: RateState, now: number, take = true): RateVerdict {
    const next = (state.at > now ? state.at : now) + this.intervalMs;
    const room = this.burstMs + ROUNDING_MS - (next - now);
    if (room >= 0 && take) state.at = next;
    return {
      by: this,
      left: room < 0 ? -1 : Math.floor(room / this.intervalMs),
      resetSeconds: Math.max(0, Math.ceil((state.at - now - ROUNDING_MS) / 1_000)),
      retryAfterSeconds: Math.max(1, Math.ceil(-room / 1_000)),
    };
  }

  refusal({ retryAfterSeconds }: RateVerdict): AppError {
    return new AppError('rate-limited', 'kernel.rate-limited',
      `More than ${this.perMinute} requests a minute came from ${COUNTED[this.name] ?? 'you'}, so this one was not served. Wait ` +
        `${retryAfterSeconds} s and send it again.`, { retryAfterSeconds });
  }
}
