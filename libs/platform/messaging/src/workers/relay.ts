import { AsyncResource } from 'node:async_hooks';
import { logger, settledWithin } from '#platform/core';
import type { Handler } from '../api/handler-registry.js';
import type { CommittedRow } from '../outbox/local-emitter.js';
import type { Claimed, OutboxStore } from '../outbox/outbox.store.js';
import type { Parcel, Queues } from './queues.js';
import type { Runner } from './runner.js';

/** Turns among tenants begin here. */
const FIRST_TENANT = '00000000-0000-0000-0000-000000000000';
/** Rows in one statement. */
const MOST_AT_ONCE = 512;
/** Events of a handler that has not run here: how many share a job, and how many run side by side in one process. */
const UNKNOWN = { most: 8, concurrency: 8 };
/** So many quick events share a parcel although there would be a place for each: a commit costs more than they do. */
const FEW = 16;
/** Of the last parcels in the average of their sizes. */
const WEIGHT = 0.2;
/** Waits for room: doubles from the first to the last. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
/** Longest wait at the end for what is on its way. */
const PATIENCE_MS = 2_000;

const log = logger('kernel');

/** One handler's way from the outbox to its queues. */
interface Line {
  busy: Promise<void> | undefined;
  /** There may be ready rows. */
  again: boolean;
  /** The last look found no room. */
  full: boolean;
  afterTenant: string;
  pauseMs: number;
  timer?: { at: number; stop: NodeJS.Timeout };
  /** Committed here as sent, and not in their queue yet. */
  fresh: Claimed[];
  versions: Set<number>;
  /** Parcels that wait in its queues, as far as this process knows; where it is the only one, those that run as well. */
  queued: number;
  /** Rows in one of them, on average of late. */
  size: number;
}

/** How much of a handler may be with its queues. */
interface Shape {
  events: boolean;
  /** Places of the handler in all processes. */
  slots: number;
  /** Rows that share a parcel at most. */
  most: number;
  /** Rows in its queues at most. */
  window: number;
  versions?: number[];
}

/**
 * Hands committed rows to the queues. Of each handler only a window is there at a time, filled in turns of the tenants: the queues are
 * short, whoever has ten thousand rows. What is committed while there is room goes straight into its queue; the rest waits in the outbox
 * and is claimed, by those who run the handler. Jobs go when there is a free place for them, so that the urgent ones go first. Any
 * number of processes may relay one handler: rows that another is just taking are stepped over.
 */
export class Relay {
  /** How many processes run handlers. */
  replicas = 1;
  /** Woken from inside a publisher's flow; what follows must not run as that tenant. */
  private readonly outside = new AsyncResource('atoll.relay');
  private readonly lines = new Map<string, Line>();
  private open: string[] = [];
  private closed = false;

  constructor(
    private readonly store: OutboxStore,
    private readonly queues: Queues,
    private readonly runner: Runner,
    /** What runs here; `known` also what only other processes may run. */
    private readonly handlers: ReadonlyMap<string, Handler>,
    private readonly known: (name: string) => Handler | undefined,
    /** Tells the queues of one database from those of another. */
    private readonly place: string,
  ) {}

  /** Handlers whose rows may be committed as sent: there is room, and nobody's turn comes first. */
  get direct(): readonly string[] {
    return this.queues.up && !this.closed ? this.open : [];
  }

  committed(rows: CommittedRow[]): void {
    for (const { handler, waits, ...row } of rows) {
      if (waits) this.wake(handler);
      else {
        const line = this.line(handler);
        line.fresh.push({ ...row, claim: 0, died: 0 });
        if (line.fresh.length >= MOST_AT_ONCE) this.review(handler, line);
        this.kick(handler);
      }
    }
  }

  /** There may be ready rows of this handler that nobody told of. */
  wake(handler: string): void {
    if (this.queues.local && !this.handlers.has(handler)) return;
    const line = this.line(handler);
    line.again = true;
    if (line.full) this.later(handler, line, FIRST_PAUSE_MS);
    else this.kick(handler);
  }

  /** A parcel is through. */
  ended(handler: string, { more }: Parcel): void {
    const line = this.line(handler);
    if (this.queues.local) line.queued--;
    if (!more && !line.full) return this.review(handler, line);
    line.again = true;
    line.full = false;
    this.kick(handler);
  }

  queueOf(handler: string, version: number): string {
    return `${handler}${version > 1 ? `@${version}` : ''}${this.place}`;
  }

  /** The queues can be reached again. */
  resume(): void {
    for (const handler of this.lines.keys()) this.kick(handler);
  }

  /** Which of these handlers have nothing in any of their queues, waiting or running. */
  async empty(handlers: Iterable<Handler>): Promise<string[]> {
    const found: string[] = [];
    for (const { name, runs } of handlers) {
      const counts = await Promise.all([...runs.keys()].map((version) => this.queues.count(this.queueOf(name, version))));
      if (counts.every(({ waiting, running }) => waiting + running === 0)) found.push(name);
    }
    return found;
  }

  /** Resolves when what is on its way is in its queue; of a Redis that hangs nobody waits for that. */
  async stop(): Promise<void> {
    this.closed = true;
    const lines = [...this.lines];
    for (const [, { timer }] of lines) clearTimeout(timer?.stop);
    await settledWithin(Promise.all(lines.flatMap(([, { busy }]) => busy ?? [])), PATIENCE_MS);
    for (const [handler, { fresh }] of lines) await this.release(handler, fresh.splice(0)).catch(() => undefined);
    this.outside.emitDestroy();
  }

  private kick(handler: string): void {
    const line = this.line(handler);
    if (!line.busy && !this.closed && this.queues.up) line.busy = this.outside.runInAsyncScope(() => this.send(handler, line));
  }

  private async send(handler: string, line: Line): Promise<void> {
    clearTimeout(line.timer?.stop);
    line.timer = undefined;
    // What one transaction commits is told row by row.
    await Promise.resolve();
    try {
      do {
        if (line.fresh.length > 0) await this.handOver(handler, line, line.fresh.splice(0));
        if (line.again && !this.closed) {
          line.again = false;
          await this.claim(handler, line);
        }
      } while (((line.again && !line.full) || line.fresh.length > 0) && !this.closed);
    } catch (error) {
      line.full = true;
      log.warn({ error, handler }, 'messages could not be handed to their queue; trying again');
    }
    line.busy = undefined;
    if (!line.full) line.pauseMs = FIRST_PAUSE_MS;
    else {
      line.again = true;
      this.later(handler, line, line.pauseMs);
      line.pauseMs = Math.min(LONGEST_PAUSE_MS, line.pauseMs * 2);
    }
    this.review(handler, line);
  }

  private later(handler: string, line: Line, ms: number): void {
    const at = performance.now() + ms;
    if (this.closed || line.busy || (line.timer && line.timer.at <= at)) return;
    clearTimeout(line.timer?.stop);
    line.timer = { at, stop: this.outside.runInAsyncScope(() => setTimeout(() => this.kick(handler), ms).unref()) };
  }

  /** Of what was committed as sent at one moment, what there is no room for goes back to wait for its turn. */
  private async handOver(handler: string, line: Line, rows: Claimed[]): Promise<void> {
    const { slots, most, window } = this.shapeOf(handler);
    const size = Math.min(most, Math.max(FEW, Math.ceil(rows.length / slots)));
    const room = Math.max(0, window - line.queued * line.size);
    if (rows.length > room) {
      line.again = true;
      await this.release(handler, rows.splice(room));
    }
    await this.add(handler, line, rows, size, line.again || line.queued >= slots);
  }

  private async claim(handler: string, line: Line): Promise<void> {
    const { events, slots, most, window, versions } = this.shapeOf(handler);
    const { local } = this.queues;
    if (!local) line.queued = await this.waiting(handler, line);
    // Who does not run the handler leaves the claim to those who do, as long as they have something that makes them look.
    const queued = line.queued * line.size;
    const enough = !this.handlers.has(handler) ? 1 : events ? window / 2 : window;
    line.full = queued >= enough;
    if (line.full) return;
    const from = line.afterTenant;
    const limit = Math.min(MOST_AT_ONCE, Math.ceil(window - queued));
    const { rows, room } = await this.store.claim(handler, from, { limit, versions, window: events || local ? undefined : window });
    line.full = room === 0;
    line.afterTenant = rows.length < room ? FIRST_TENANT : (rows.at(-1)?.tenantId ?? FIRST_TENANT);
    line.again ||= rows.length > 0 || (room > 0 && from !== FIRST_TENANT);
    const more = rows.length >= room;
    await this.add(handler, line, rows, more ? most : Math.min(most, Math.max(FEW, Math.ceil(rows.length / slots))), more);
  }

  private async waiting(handler: string, { versions }: Line): Promise<number> {
    const all = new Set([...versions, ...(this.known(handler)?.runs.keys() ?? [])]);
    const counts = await Promise.all([...all].map((version) => this.queues.count(this.queueOf(handler, version))));
    return counts.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  private shapeOf(handler: string): Shape {
    const one = this.known(handler);
    const slots = (one?.options.concurrency ?? UNKNOWN.concurrency) * this.replicas;
    if (one && one.kind !== 'event') return { events: false, slots, most: 1, window: slots, versions: [...one.runs.keys()] };
    const most = this.runner.knows(handler) ? this.runner.sizeOf(handler).most : UNKNOWN.most;
    return { events: true, slots, most, window: (this.queues.local ? 3 : 2) * slots * most, versions: one && [...one.runs.keys()] };
  }

  private async add(handler: string, line: Line, rows: Claimed[], size: number, more: boolean): Promise<void> {
    try {
      for (const [version, some] of Map.groupBy(rows, (row) => row.version)) {
        line.versions.add(version);
        const parcels = pack(some, size, more);
        line.queued += parcels.length;
        line.size += (some.length / parcels.length - line.size) * WEIGHT;
        const waiting = await this.queues.add(this.queueOf(handler, version), handler, parcels);
        if (!this.queues.local) line.queued = waiting;
      }
    } catch (error) {
      await this.release(handler, rows);
      throw error;
    }
  }

  private async release(handler: string, rows: Claimed[]): Promise<void> {
    for (const [tenantId, some] of Map.groupBy(rows, (row) => row.tenantId)) {
      await this.store.release({ tenantId, ids: some.map(({ messageId }) => messageId) }, handler);
    }
  }

  private line(handler: string): Line {
    const known = this.lines.get(handler);
    if (known) return known;
    const line: Line = {
      busy: undefined, again: false, full: false, afterTenant: FIRST_TENANT, pauseMs: FIRST_PAUSE_MS, fresh: [], versions: new Set(),
      queued: 0, size: 1,
    };
    this.lines.set(handler, line);
    return line;
  }

  /** Whether what is committed next may go straight into the queue. Jobs in Redis go by their turns alone. */
  private review(handler: string, line: Line): void {
    const { events, window } = this.shapeOf(handler);
    const room = line.queued * line.size < window && line.fresh.length < MOST_AT_ONCE;
    const open = room && !line.again && !line.full && (events || this.queues.local);
    if (open !== this.open.includes(handler)) this.open = open ? [...this.open, handler] : this.open.filter((one) => one !== handler);
  }
}

/** Rows of one tenant together, up to `size`; what a process has died under goes alone. */
function pack(rows: Claimed[], size: number, more: boolean): Parcel[] {
  const parcels: Claimed[][] = [];
  for (const some of Map.groupBy(rows, (row) => row.tenantId).values()) {
    const quiet = some.filter(({ died }) => died === 0);
    for (let at = 0; at < quiet.length; at += size) parcels.push(quiet.slice(at, at + size));
    parcels.push(...some.filter(({ died }) => died > 0).map((row) => [row]));
  }
  return parcels.map((parcel) => {
    const { tenantId, messageId, claim } = parcel[0]!;
    return { key: `${messageId}-${claim}-${parcel.length}`, tenantId, ids: parcel.map((row) => row.messageId), more };
  });
}
