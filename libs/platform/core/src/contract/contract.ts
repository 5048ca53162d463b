/**
 * How a call behaves: a `query` changes nothing and may be retried; a `command` is retried only because it carries its own id; a `stream`
 * is an async iterable.
 */
type CallKind = 'query' | 'command' | 'stream';

export interface CallOptions {
  kind: CallKind;
  /** Milliseconds until the caller gives up; a stream's deadline is the longest silence between two parts. */
  deadlineMs: number;
  /** Made before it is known whose work it is (sign-in). Every other call is refused without a tenant. */
  anonymous?: boolean;
  /**
   * Raised when input or answer change so that the other side's version before could not read them; 1 unless given. A field that is added
   * raises nothing: who does not know it ignores it.
   */
  version?: number;
  /**
   * Versions before it that are still answered: callers and hosts are never replaced at the same moment. The handler gets the input as it
   * was sent.
   */
  answers?: number[];
}

type CallNames<T> = { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T];

type CallTable<T> = { [K in CallNames<T>]: CallKind | CallOptions };

/** What one context offers to the others: its name, the abstract class that is type, DI token and documentation, and its calls. */
export interface Contract<T extends object = object> {
  name: string;
  token: abstract new () => T;
  calls: Record<string, CallOptions>;
}

const DEADLINE_MS: Record<CallKind, number> = { query: 10_000, command: 30_000, stream: 60_000 };

/** Declares a contract. The table must name every method of the class: a forgotten or misspelt call does not compile. */
export function contract<T extends object>(name: string, token: abstract new () => T, calls: CallTable<T>): Contract<T> {
  const entries = Object.entries(calls as Record<string, CallKind | CallOptions>).map(([call, option]) => [
    call,
    typeof option === 'string' ? { kind: option, deadlineMs: DEADLINE_MS[option] } : option,
  ]);
  return { name, token, calls: Object.fromEntries(entries) as Record<string, CallOptions> };
}
