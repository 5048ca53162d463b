import { AsyncResource } from 'node:async_hooks';
import { type ConnectionFacts, type Db, Listener } from '#platform/database';
import { logger } from '#platform/core';
import { type Signals, jobCancelled, messagesCommitted } from './signals.js';

const CHANNEL = 'atoll_delivery';
/** The first call goes at once, those within this time after it travel as one: NOTIFY takes a lock that all commits of the server share. */
const TOGETHER_MS = 2;
/** That lock is held until the commit is over, so it does not wait for the disk: a call that a crash swallows is made up for by the poll. */
const NOTIFY = `with lazily as materialized (select set_config('synchronous_commit', 'off', true)) select pg_notify($1, $2) from lazily`;
/** Postgres takes 8,000 bytes a call. */
const MOST_NAMES = 60;

const log = logger('kernel');

/** What one process tells the others: where to look, never what to do. */
interface Call {
  from: string;
  names: string[];
  dueAt: number;
  cancelled: string[];
}

export interface Called {
  committed(names: readonly string[], dueAt: number): void;
  cancelled(messageId: string): void;
  look(): void;
}

/**
 * Wakes the dispatchers of other processes on the same Postgres through LISTEN and NOTIFY. Sent after the commit and not inside it, so
 * that publishing never queues for NOTIFY's lock; a call lost in between is made up for by the poll.
 */
export class Calls {
  /** Signals come from inside a tenant's flow; the call is nobody's. */
  private readonly outside = new AsyncResource('atoll.calls');
  private readonly listeners: Listener[];
  private readonly stops: (() => void)[] = [];
  private sentAt = 0;
  private pending: { names: Set<string>; dueAt: number; cancelled: Set<string>; timer: NodeJS.Timeout } | undefined;

  constructor(
    private readonly dbs: Db[],
    connections: ConnectionFacts[],
    private readonly signals: Signals,
    private readonly self: string,
    private readonly called: Called[],
  ) {
    this.listeners = connections.map((connection) => new Listener(connection, CHANNEL, (payload) => this.hear(payload), () => called.forEach((one) => one.look())));
  }

  async start(): Promise<void> {
    this.stops.push(
      this.signals.on(messagesCommitted, ({ names, dueAt }) => this.tell(names, [], dueAt)),
      this.signals.on(jobCancelled, ({ messageId }) => this.tell([], [messageId], Infinity)),
    );
    for (const listener of this.listeners) await listener.start();
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.splice(0)) stop();
    if (this.pending) {
      clearTimeout(this.pending.timer);
      await this.send();
    }
    for (const listener of this.listeners) await listener.stop();
    this.outside.emitDestroy();
  }

  private hear(payload: string): void {
    const call = JSON.parse(payload) as Call;
    if (call.from === this.self) return;
    for (const one of this.called) {
      if (call.names.length > 0) one.committed(call.names, call.dueAt);
      for (const messageId of call.cancelled) one.cancelled(messageId);
    }
  }

  private tell(names: readonly string[], cancelled: string[], dueAt: number): void {
    this.pending ??= { names: new Set(), cancelled: new Set(), dueAt, timer: this.outside.runInAsyncScope(() => setTimeout(() => void this.send(), Math.max(0, this.sentAt + TOGETHER_MS - performance.now()))) };
    for (const name of names) this.pending.names.add(name);
    for (const id of cancelled) this.pending.cancelled.add(id);
    this.pending.dueAt = Math.min(this.pending.dueAt, dueAt);
  }

  private async send(): Promise<void> {
    const { names, dueAt, cancelled } = this.pending!;
    this.pending = undefined;
    this.sentAt = performance.now();
    const call: Call = { from: this.self, names: [...names].slice(0, MOST_NAMES), dueAt: Number.isFinite(dueAt) ? dueAt : 0, cancelled: [...cancelled].slice(0, MOST_NAMES) };
    for (const db of this.dbs) {
      try {
        await db.system('wakes other processes', () => db.query(NOTIFY, [CHANNEL, JSON.stringify(call)]));
      } catch (error) {
        log.warn({ error }, 'other processes could not be called; they will find the work when they look');
      }
    }
  }
}
