/** What crosses between the main thread and the engine's worker thread. Connections are small numbers given by the main thread. */

export interface EngineSettings {
  /** Postgres' own directory; absent = in memory. */
  clusterDir?: string;
  /** A tar of a cluster directory to start from instead of initdb (only for an empty cluster). */
  template?: Uint8Array;
  transactionLimitMs: number;
  slowStatementMs: number;
  /** Shared with the main thread: [connection that runs now or 0, its start in ms since the engine's zero]. */
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
  | { kind: 'dump' }
  | { kind: 'end' };

export type FromEngine =
  | { kind: 'ready'; facts: EngineFacts }
  | { kind: 'failed'; message: string }
  | { kind: 'replies'; bytes: Uint8Array; parts: number[] }
  /** The engine ends a connection; what it had to say was sent before. */
  | { kind: 'drop'; connection: number }
  | { kind: 'event'; event: EmbeddedEvent }
  | { kind: 'dumped'; tar: Uint8Array }
  | { kind: 'ended' };

/** What an operator should know: written to the log. */
export type EmbeddedEvent =
  | { event: 'transaction-ended'; heldMs: number; limitMs: number; lastSql: string }
  | { event: 'statement-slow'; tookMs: number; finished: boolean; sql: string }
  | { event: 'engine-failed'; message: string };
