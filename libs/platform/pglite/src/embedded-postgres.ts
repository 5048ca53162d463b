import { cpSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { AppError, logger } from '#platform/core';
import { type EmbeddedEvent, type EngineFacts, type FromEngine, RunningNow, type ToEngine } from './channel.js';
import { DataDir } from './data-dir.js';
import { EmbeddedStream, type EngineLink } from './embedded-stream.js';
import { EngineThread, initializeCluster } from './engine-thread.js';
import { SlowWatch } from './slow-watch.js';
import { findTemplate } from './template.js';
import { WalSync } from './wal-sync.js';

export interface EmbeddedOptions {
  /** Directory of the database, made when absent. Without it everything lives in memory and is gone at the end. */
  dataDir?: string;
  /** The `cluster` directory of a closed embedded database, to begin as a copy of; ignored when `dataDir` already holds a database. */
  template?: string;
  /**
   * How long one transaction may hold the engine before it is rolled back, where its connection says nothing else (transaction_timeout).
   * Default 30,000.
   */
  transactionLimitMs?: number;
  /** A statement that runs longer is reported, while it runs and when it ends. Default 5,000. */
  slowStatementMs?: number;
  /** Hears what an operator should know (ended transactions, slow statements, engine failure). Default: the log. */
  report?: (event: EmbeddedEvent) => void;
}

/** Failures within this time after which the engine is not started again. */
const RESTARTS = 3;
const RESTART_WINDOW_MS = 60_000;

/**
 * A real Postgres 18 (PGlite, WASM) inside this process, in a worker thread. Use it through `pg`:
 *
 * @example
 * const database = await EmbeddedPostgres.start({ dataDir: './.atoll/data' });
 * const pool = new pg.Pool({ stream: () => database.stream(), user: 'postgres', database: 'postgres', max: 5 });
 *
 * Every pooled connection is a virtual one on the engine's single session. Transactions, prepared statements, LISTEN/NOTIFY, startup
 * options, the startup user (it becomes the session's user) and `SET` are kept apart per connection. What is not, and other limits:
 * - one open transaction stops all other connections; after `transactionLimitMs` it is rolled back;
 * - a running statement cannot be cancelled, and statement_timeout does nothing; slow ones are reported;
 * - session-level advisory locks, temporary tables, SQL-level PREPARE and non-local `set_config()` are common to all connections: use the
 *   transaction-local forms;
 * - COPY FROM STDIN is refused;
 * - what was acknowledged survives kill -9; a power failure may cost the last second, and in a bad case the database (docs/adr).
 */
export class EmbeddedPostgres {
  readonly #link: EngineLink = {
    parameters: () => this.facts.parameters,
    open: (stream, secret, settings) => this.#post({ kind: 'open', connection: stream.connection, secret, settings }),
    run: (connection, group) => this.#run(connection, group),
    cancel: (connection, secret) => this.#post({ kind: 'cancel', connection, secret }),
    close: (connection) => {
      this.#streams.delete(connection);
      this.#post({ kind: 'close', connection });
    },
  };
  readonly #streams = new Map<number, EmbeddedStream>();
  readonly #runningMemory = RunningNow.memory();
  readonly #running = new RunningNow(this.#runningMemory);
  readonly #report: (event: EmbeddedEvent) => void;
  readonly #slowWatch: SlowWatch;
  #walSync?: WalSync;
  /** Absent while it is started again; what is sent meanwhile waits. */
  #engine?: EngineThread;
  #unsent: ToEngine[] = [];
  #outbox: { connection: number; group: Buffer }[] = [];
  #nextConnection = 1;
  #failures: number[] = [];
  #failure?: AppError;
  #closing?: Promise<void>;
  /** Version, whether pgvector is there, server parameters. */
  facts: EngineFacts;

  private constructor(private readonly options: EmbeddedOptions, private readonly dataDir: DataDir | undefined) {
    this.#report = options.report ?? writeToLog;
    this.#slowWatch = new SlowWatch(this.#running, this.#slowMs, this.#report);
  }

  static async start(options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
    const dataDir = options.dataDir === undefined ? undefined : DataDir.claim(options.dataDir);
    const database = new EmbeddedPostgres(options, dataDir);
    try {
      const template = options.template ?? (dataDir?.isNew === false ? undefined : await findTemplate());
      if (dataDir?.isNew) await dataDir.create((folder) => fill(folder, template));
      await database.#startEngine(template);
      if (dataDir) database.#walSync = new WalSync(dataDir.clusterDir);
      return database;
    } catch (error) {
      database.#slowWatch.stop();
      dataDir?.release();
      throw error;
    }
  }

  /** A new connection for pg's `stream` option. */
  stream(): Duplex {
    const stream = new EmbeddedStream(this.#nextConnection++, this.#link);
    const failure = this.#failure ?? (this.#closing && stopped('it was closed'));
    if (failure) queueMicrotask(() => stream.destroy(failure));
    else this.#streams.set(stream.connection, stream);
    return stream;
  }

  /** Ends every connection, writes a checkpoint and frees the data directory. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    for (const stream of [...this.#streams.values()]) stream.destroy();
    this.#slowWatch.stop();
    await this.#engine?.stop();
    await this.#walSync?.stop();
    this.dataDir?.release();
  }

  get #slowMs(): number {
    return this.options.slowStatementMs ?? 5_000;
  }

  async #startEngine(template?: string): Promise<void> {
    const engine = await EngineThread.start({
      ...(this.dataDir ? { clusterDir: this.dataDir.clusterDir } : { template }),
      transactionLimitMs: this.options.transactionLimitMs ?? 30_000,
      slowStatementMs: this.#slowMs,
      running: this.#runningMemory,
    }, (message) => this.#receive(message), (why) => void this.#fail(why));
    this.facts = engine.facts;
    this.#engine = engine;
    if (this.#closing) return engine.stop();
    for (const message of this.#unsent.splice(0)) engine.post(message);
  }

  /** Groups of one turn of the event loop travel as one block. */
  #run(connection: number, group: Buffer): void {
    if (this.#outbox.length === 0) queueMicrotask(() => this.#flush());
    this.#outbox.push({ connection, group });
  }

  #flush(): void {
    const groups = this.#outbox;
    if (groups.length === 0) return;
    this.#outbox = [];
    const bytes = new Uint8Array(groups.reduce((sum, { group }) => sum + group.length, 0));
    const parts: number[] = [];
    let at = 0;
    for (const { connection, group } of groups) {
      bytes.set(group, at);
      at += group.length;
      parts.push(connection, group.length);
    }
    this.#send({ kind: 'run', bytes, parts }, [bytes.buffer]);
  }

  #post(message: ToEngine): void {
    this.#flush();
    this.#send(message);
  }

  #send(message: ToEngine, transfer: ArrayBuffer[] = []): void {
    if (this.#engine) this.#engine.post(message, transfer);
    else this.#unsent.push(message);
  }

  #receive(message: FromEngine): void {
    if (message.kind === 'replies') {
      const bytes = Buffer.from(message.bytes.buffer);
      for (let at = 0, part = 0; part < message.parts.length; part += 2) {
        const length = message.parts[part + 1]!;
        this.#streams.get(message.parts[part]!)?.receive(bytes.subarray(at, (at += length)));
      }
    } else if (message.kind === 'drop') this.#streams.get(message.connection)?.destroy();
    else if (message.kind === 'event') this.#report(message.event);
  }

  /** Every connection learns at once; then the engine recovers from its own log, as after kill -9, unless it keeps failing. */
  async #fail(why: string): Promise<void> {
    const now = Date.now();
    this.#failures = [...this.#failures.filter((at) => now - at < RESTART_WINDOW_MS), now];
    const restarting = this.dataDir !== undefined && this.#failures.length <= RESTARTS;
    this.#report({ event: 'engine-failed', reason: why, restarting });
    this.#engine = undefined;
    this.#running.reset();
    const failure = stopped(why);
    if (!restarting) this.#failure = failure;
    for (const stream of [...this.#streams.values()]) stream.destroy(failure);
    this.#unsent = [];
    this.#outbox = [];
    if (restarting) await this.#startEngine().catch((error: Error) => this.#fail(error.message));
  }
}

/** A copy takes 50 ms, initdb two seconds. */
async function fill(folder: string, template?: string): Promise<void> {
  if (template === undefined) await initializeCluster(folder);
  else cpSync(template, folder, { recursive: true });
}

function stopped(why: string): AppError {
  return new AppError('unavailable', 'kernel.database-engine',
    `The embedded database stopped: ${why}. What was acknowledged is on the disk. Try again; if this stays, restart Atoll.`);
}

const log = logger('database');

function writeToLog({ event, ...facts }: EmbeddedEvent): void {
  if (event === 'engine-failed') log.error(facts, 'the embedded database stopped');
  else if (event === 'transaction-ended') log.error(facts, 'a transaction held the embedded database too long and was rolled back');
  else log.warn(facts, 'finished' in facts && !facts.finished ? 'a statement is running long and everything waits for it'
    : 'a statement ran long');
}
