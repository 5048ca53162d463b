import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { parentPort, workerData } from 'node:worker_threads';
import type { EngineFacts, EngineSettings, FromEngine, ToEngine } from '../channel.js';
import { Replies } from './replies.js';
import { Scheduler } from './scheduler.js';

/**
 * The engine's thread: PGlite, and the scheduler beside it so that a busy pool costs one message per batch and direction, not one per query.
 * Runs slices of a few milliseconds and turns its event loop in between, so that new work, cancels and the watchdog get their turn.
 */
const SLICE_MS = 4;

const port = parentPort!;
const settings = workerData as EngineSettings;
const send = (message: FromEngine, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/** Small shared buffers: the product's data fits the operating system's page cache, and each megabyte here is one of RSS. */
const START_PARAMS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB', '-c', 'jit=off'];

async function boot(): Promise<PGlite> {
  const options: PGliteOptions = { extensions: { vector }, startParams: START_PARAMS };
  if (settings.clusterDir !== undefined) options.dataDir = settings.clusterDir;
  if (settings.template) options.loadDataDir = new Blob([settings.template as Uint8Array<ArrayBuffer>]);
  const db = await PGlite.create(options);
  await db.exec('create extension if not exists vector');
  return db;
}

async function factsOf(db: PGlite): Promise<EngineFacts> {
  const { rows: [server] } = await db.query<{ words: string; number: string }>(`select version() as words, current_setting('server_version_num') as number`);
  const { rows } = await db.query<{ name: string; setting: string }>(`select name, setting from pg_settings where name = any($1)`, [
    ['server_version', 'server_encoding', 'client_encoding', 'is_superuser', 'session_authorization', 'DateStyle', 'IntervalStyle', 'TimeZone', 'integer_datetimes', 'standard_conforming_strings'],
  ]);
  return {
    version: Math.floor(Number(server!.number) / 10_000),
    versionText: server!.words,
    vector: true,
    parameters: Object.fromEntries(rows.map(({ name, setting }) => [name, setting])),
  };
}

/** One synchronous call per group. The callback keeps PGlite from parsing (and keeping) every reply it passes on. */
async function executor(db: PGlite): Promise<(bytes: Buffer) => Buffer> {
  let chunks: Buffer[] = [];
  const sync = Buffer.from([0x53, 0, 0, 0, 4]);
  await db.execProtocolRawStream(sync, { syncToFs: false, onRawData: (bytes) => void chunks.push(Buffer.from(bytes)) });
  return (bytes) => {
    chunks = [];
    db.execProtocolRawSync(bytes);
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  };
}

async function main(): Promise<void> {
  const db = await boot();
  const facts = await factsOf(db);
  const exec = await executor(db);
  const replies = new Replies((bytes, parts) => send({ kind: 'replies', bytes, parts }, [bytes.buffer as ArrayBuffer]));
  const running = new Int32Array(settings.running);
  const zero = performance.now();
  const scheduler = new Scheduler({
    exec,
    reply: (connection, bytes) => replies.add(connection, bytes),
    drop: (connection) => {
      replies.flush();
      send({ kind: 'drop', connection });
    },
    report: (event) => send({ kind: 'event', event }),
    running: (connection) => {
      Atomics.store(running, 1, Math.round(performance.now() - zero));
      Atomics.store(running, 0, connection);
    },
  }, settings);

  let scheduled = false;
  const pump = (): void => {
    scheduled = false;
    const until = performance.now() + SLICE_MS;
    while (scheduler.runnable && performance.now() < until) scheduler.step();
    replies.flush();
    schedule();
  };
  const schedule = (): void => {
    if (scheduled || !scheduler.runnable) return;
    scheduled = true;
    setImmediate(pump);
  };
  setInterval(() => {
    scheduler.watch(performance.now());
    schedule();
  }, Math.min(1000, settings.transactionLimitMs / 4));

  port.on('message', (message: ToEngine) => {
    switch (message.kind) {
      case 'open':
        return scheduler.open(message.connection, message.secret, message.settings);
      case 'run': {
        const bytes = Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.byteLength);
        for (let at = 0, part = 0; part < message.parts.length; part += 2) {
          const length = message.parts[part + 1]!;
          scheduler.enqueue(message.parts[part]!, bytes.subarray(at, (at += length)));
        }
        return schedule();
      }
      case 'cancel':
        scheduler.cancel(message.connection, message.secret);
        return replies.flush();
      case 'close':
        scheduler.close(message.connection);
        return schedule();
      case 'dump':
        return void db.dumpDataDir('none').then(async (tar) => send({ kind: 'dumped', tar: new Uint8Array(await tar.arrayBuffer()) }));
      case 'end':
        return void db.close().finally(() => {
          send({ kind: 'ended' });
          process.exit(0);
        });
    }
  });
  send({ kind: 'ready', facts });
}

await main().catch((error: unknown) => {
  send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exit(1);
});
