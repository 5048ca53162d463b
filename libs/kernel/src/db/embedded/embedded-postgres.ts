import type { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../errors/app-error.js';
import type { EmbeddedEvent, EngineFacts, EngineSettings, FromEngine, ToEngine } from './channel.js';
import { DataDir } from './data-dir.js';
import { EmbeddedStream, type EngineLink } from './embedded-stream.js';

export interface EmbeddedOptions {
  /** Directory of the database, made when absent. Without it everything lives in memory and is gone at the end. */
  dataDir?: string;
  /** A dump (see `dump()`) to begin with instead of an empty database; ignored when `dataDir` already holds one. */
  template?: Uint8Array;
  /** How long one transaction may hold the engine before it is rolled back. Default 30,000. */
  transactionLimitMs?: number;
  /** A statement that runs longer is reported, while it runs and when it ends. Default 5,000. */
  slowStatementMs?: number;
  /** Hears what an operator should know (ended transactions, slow statements, engine failure). */
  report?: (event: EmbeddedEvent) => void;
}

/**
 * A real Postgres 18 (PGlite, WASM) inside this process, in a worker thread. Use it through `pg`:
 *
 * @example
 * const database = await EmbeddedPostgres.start({ dataDir: './.atoll/data' });
 * const pool = new pg.Pool({ stream: () => database.stream(), user: 'postgres', database: 'postgres', max: 5 });
 *
 * Every pooled connection is a virtual one on the engine's single session. Transactions, prepared statements, LISTEN/NOTIFY, startup options
 * and `SET` are kept apart per connection. What is not: one open transaction stops all other connections; a running statement cannot be
 * cancelled and statement_timeout does nothing; session-level advisory locks, temporary tables and non-local `set_config()` are common
 * to all connections (use the transaction-local forms); COPY FROM STDIN is refused. It survives kill -9; a power loss may cost the last second or more.
 */
export class EmbeddedPostgres {
  readonly #link: EngineLink;
  readonly #streams = new Map<number, EmbeddedStream>();
  #nextConnection = 1;
  #outbox: { connection: number; group: Buffer }[] = [];
  #closing?: Promise<void>;
  #failure?: AppError;
  #dumped?: (tar: Uint8Array) => void;

  private constructor(
    private readonly worker: Worker,
    /** Version, whether pgvector is there, server parameters. */
    readonly facts: EngineFacts,
    private readonly dataDir: DataDir | undefined,
    private readonly options: EmbeddedOptions,
  ) {
    this.#link = {
      parameters: () => this.facts.parameters,
      open: (stream, secret, settings) => this.#post({ kind: 'open', connection: stream.connection, secret, settings }),
      run: (connection, group) => this.#run(connection, group),
      cancel: (connection, secret) => this.#post({ kind: 'cancel', connection, secret }),
      close: (connection) => {
        this.#streams.delete(connection);
        this.#post({ kind: 'close', connection });
      },
    };
    worker.on('message', (message: FromEngine) => this.#receive(message));
    worker.on('error', (error) => this.#fail(error.message));
    worker.on('exit', (code) => this.#fail(`its thread exited with code ${code}`));
  }

  static async start(options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
    const dataDir = options.dataDir === undefined ? undefined : DataDir.claim(options.dataDir);
    try {
      const { worker, facts } = await startEngine(dataDir, options);
      return new EmbeddedPostgres(worker, facts, dataDir, options);
    } catch (error) {
      dataDir?.release();
      throw error;
    }
  }

  /** A new connection for pg's `stream` option. */
  stream(): Duplex {
    const stream = new EmbeddedStream(this.#nextConnection++, this.#link);
    if (this.#failure) queueMicrotask(() => stream.destroy(this.#failure));
    else this.#streams.set(stream.connection, stream);
    return stream;
  }

  /** The whole database as a tar, to start another one from (`template`). No connection may be in a transaction. */
  async dump(): Promise<Uint8Array> {
    this.#flush();
    return new Promise((resolve) => {
      this.#dumped = resolve;
      this.#post({ kind: 'dump' });
    });
  }

  /** Ends every connection, writes a checkpoint and frees the data directory. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    for (const stream of [...this.#streams.values()]) stream.destroy();
    if (!this.#failure) {
      const exited = new Promise((resolve) => this.worker.once('exit', resolve));
      this.#post({ kind: 'end' });
      await exited;
    }
    this.dataDir?.release();
  }

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
    this.worker.postMessage({ kind: 'run', bytes, parts } satisfies ToEngine, [bytes.buffer]);
  }

  #post(message: ToEngine): void {
    this.#flush();
    this.worker.postMessage(message);
  }

  #receive(message: FromEngine): void {
    switch (message.kind) {
      case 'replies': {
        const bytes = Buffer.from(message.bytes.buffer);
        for (let at = 0, part = 0; part < message.parts.length; part += 2) {
          const length = message.parts[part + 1]!;
          this.#streams.get(message.parts[part]!)?.receive(bytes.subarray(at, (at += length)));
        }
        return;
      }
      case 'drop':
        this.#streams.get(message.connection)?.destroy();
        return;
      case 'event':
        this.options.report?.(message.event);
        return;
      case 'dumped':
        this.#dumped?.(message.tar);
        return;
    }
  }

  #fail(why: string): void {
    if (this.#closing || this.#failure) return;
    this.#failure = new AppError('unavailable', 'kernel.database-engine', `The embedded database stopped: ${why}. What was acknowledged is on disk; restart Atoll.`);
    this.options.report?.({ event: 'engine-failed', message: why });
    for (const stream of [...this.#streams.values()]) stream.destroy(this.#failure);
    this.dataDir?.release();
  }
}

async function startEngine(dataDir: DataDir | undefined, options: EmbeddedOptions): Promise<{ worker: Worker; facts: EngineFacts }> {
  const fresh = dataDir?.isNew ?? false;
  if (dataDir && fresh) {
    const first = await bootWorker({ ...limits(options), clusterDir: dataDir.prepareFresh(), template: options.template });
    await stop(first.worker);
    dataDir.adoptFresh();
  }
  return bootWorker({ ...limits(options), ...(dataDir ? { clusterDir: dataDir.clusterDir } : { template: options.template }) });
}

function limits({ transactionLimitMs = 30_000, slowStatementMs = 5_000 }: EmbeddedOptions): Pick<EngineSettings, 'transactionLimitMs' | 'slowStatementMs' | 'running'> {
  return { transactionLimitMs, slowStatementMs, running: new SharedArrayBuffer(8) };
}

async function bootWorker(settings: EngineSettings): Promise<{ worker: Worker; facts: EngineFacts }> {
  const worker = new Worker(workerUrl(), { workerData: settings, name: 'embedded-postgres' });
  return new Promise((resolve, reject) => {
    const refuse = (why: string): void =>
      reject(new AppError('unavailable', 'kernel.database-engine', `The embedded database did not start: ${why}.`));
    worker.once('error', (error) => refuse(error.message));
    worker.once('exit', (code) => refuse(`its thread exited with code ${code}`));
    worker.once('message', (message: FromEngine) => {
      if (message.kind === 'ready') resolve({ worker, facts: message.facts });
      else if (message.kind === 'failed') refuse(message.message);
    });
  });
}

async function stop(worker: Worker): Promise<void> {
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  worker.postMessage({ kind: 'end' } satisfies ToEngine);
  await exited;
}

/** Under jest this file is its TypeScript source; a worker thread knows nothing of jest's transform and runs the build. */
function workerUrl(): URL {
  const here = import.meta.url;
  return new URL('./engine/worker.js', here.endsWith('.ts') ? here.replace('/libs/kernel/', '/dist/libs/kernel/') : here);
}
