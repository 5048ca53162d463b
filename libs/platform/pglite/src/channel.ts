/** What crosses between the main thread and the engine's worker thread. Connections are small numbers given by the main thread. */

export interface EngineSettings {
  /** Postgres' own directory; absent = in memory. */
  clusterDir?: string;
  /** A closed cluster directory that a database in memory begins as. */
  template?: string;
  transactionLimitMs: number;
  slowStatementMs: number;
  /** See `RunningNow`. */
  running: SharedArrayBuffer;
}

export interface EngineFacts {
  /** Major version of Postgres. */
  version: number;
  /** What `select version()` says. */
  versionText: string;
  vector: boolean;
  /** ParameterStatus pairs of a new connection. */
  parameters: Record<string, string>;
}

export type ToEngine =
  | { kind: 'open'; connection: number; secret: number; settings: Record<string, string> }
  /** `bytes` holds whole message groups back to back; `parts` is [connection, length, connection, length, …]. */
  | { kind: 'run'; bytes: Uint8Array; parts: number[] }
  | { kind: 'cancel'; connection: number; secret: number }
  | { kind: 'close'; connection: number }
  | { kind: 'end' };

export type FromEngine =
  | { kind: 'ready'; facts: EngineFacts }
  | { kind: 'failed'; message: string }
  | { kind: 'replies'; bytes: Uint8Array; parts: number[] }
  /** The engine ends a connection; what it had to say was sent before. */
  | { kind: 'drop'; connection: number }
  | { kind: 'event'; event: EmbeddedEvent };

/** What an operator should know: written to the log. SQL is the text without parameter values, cut. */
export type EmbeddedEvent =
  | { event: 'transaction-ended'; heldMs: number; limitMs: number; sql: string }
  | { event: 'statement-slow'; tookMs: number; finished: boolean; sql: string }
  | { event: 'engine-failed'; reason: string; restarting: boolean };

const SQL_BYTES = 400;

/** Shared memory in which the engine's thread says what it runs: the main thread can read it while that thread is busy for minutes. */
export class RunningNow {
  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(8 + SQL_BYTES);
  }

  readonly #head: Int32Array;
  readonly #sql: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.#head = new Int32Array(memory, 0, 2);
    this.#sql = Buffer.from(memory, 8, SQL_BYTES);
  }

  /** `sql` in its UTF-8 bytes, or as the latin1 string that holds them. */
  start(sql: Buffer | string): void {
    const length = typeof sql === 'string' ? this.#sql.write(sql, 'latin1') : sql.copy(this.#sql);
    Atomics.store(this.#head, 1, length);
    Atomics.add(this.#head, 0, 1);
  }

  end(): void {
    Atomics.add(this.#head, 0, 1);
  }

  /** An engine that died in the middle of a statement has not said that it ended. */
  reset(): void {
    Atomics.store(this.#head, 0, 0);
  }

  /** Odd while something runs, and another number for each run. */
  get turn(): number {
    return Atomics.load(this.#head, 0);
  }

  get sql(): string {
    return sqlText(this.#sql.toString('utf8', 0, Atomics.load(this.#head, 1)));
  }
}

/** SQL for a log line. */
export function sqlText(sql: Buffer | string): string {
  const text = typeof sql === 'string' ? sql : sql.toString('utf8', 0, SQL_BYTES);
  return text.split('\0', 1)[0]!.replace(/\s+/g, ' ').trim().slice(0, 300);
}
