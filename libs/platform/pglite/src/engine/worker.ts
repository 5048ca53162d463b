import type { PGlite } from '@electric-sql/pglite';
import { parentPort, workerData } from 'node:worker_threads';
import { type EngineFacts, type EngineSettings, type FromEngine, RunningNow, type ToEngine } from '../channel.js';
import { boot } from './boot.js';
import { executor } from './executor.js';
import { Maintenance } from './maintenance.js';
import { Replies } from './replies.js';
import { Scheduler } from './scheduler.js';

/**
 * The engine's thread: PGlite, and the scheduler beside it so that a busy pool costs one message per batch and direction, not one per
 * query. Runs slices of a few milliseconds and turns its event loop in between, so that new work, cancels and the watchdog get their turn.
 */
const SLICE_MS = 4;
const MAINTENANCE_MS = 5_000;

const port = parentPort!;
const settings = workerData as EngineSettings;
const send = (message: FromEngine, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

async function factsOf(db: PGlite): Promise<EngineFacts> {
  const { rows: [server] } = await db.query<{ words: string;
    number: string }>(`select version() as words, current_setting('server_version_num') as number`);
  const { rows } = await db.query<{ name: string; setting: string }>(`select name, setting from pg_settings where name = any($1)`, [
    ['server_version', 'server_encoding', 'client_encoding', 'DateStyle', 'IntervalStyle', 'TimeZone', 'integer_datetimes',
      'standard_conforming_strings'],
  ]);
  return {
    version: Math.floor(Number(server!.number) / 10_000),
    versionText: server!.words,
    vector: true,
    parameters: Object.fromEntries(rows.map(({ name, setting }) => [name, setting])),
  };
}

async function main(): Promise<void> {
  const db = await boot(settings);
  const facts = await factsOf(db);
  const exec = await executor(db, (why) => {
    send({ kind: 'failed', message: why });
    process.exit(70);
  });
  const replies = new Replies((bytes, parts) => send({ kind: 'replies', bytes, parts }, [bytes.buffer as ArrayBuffer]));
  const running = new RunningNow(settings.running);
  const scheduler = new Scheduler({
    exec,
    reply: (connection, bytes) => replies.add(connection, bytes),
    drop: (connection) => {
      replies.flush();
      send({ kind: 'drop', connection });
    },
    report: (event) => send({ kind: 'event', event }),
    starts: (sql) => running.start(sql),
    ends: () => running.end(),
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
  if (settings.clusterDir !== undefined) {
    const maintenance = new Maintenance((message) => scheduler.internal(message), performance.now());
    setInterval(() => scheduler.reserved || maintenance.step(performance.now()), MAINTENANCE_MS);
  }

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
      case 'end':
        return void db.close().finally(() => process.exit(0));
    }
  });
  send({ kind: 'ready', facts });
}

await main().catch((error: unknown) => {
  send({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exit(1);
});
