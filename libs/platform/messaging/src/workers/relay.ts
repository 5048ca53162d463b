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
/** Events of a handler that does not run here: how many share a job, and how many run side by side in one process. */
const ELSEWHERE = { most: 8, concurrency: 8 };
/** So many quick events share a parcel although there would be a place for each: a commit costs more than they do. */
const FEW = 16;
/** Waits for room: doubles from the first to the last. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 5_000;
/** Longest wait at the end for what is on its way. */
const PATIENCE_MS = 2_000;

const log = logger('kernel');

/** One handler's way from the outbox to its queues. */
interface Line {
  busy: Promise<void> | undefined;
  again: boolean;
  /** The last look found no room. */
  full: boolean;
  afterTenant: string;
  pauseMs: number;
  timer?: NodeJS.Timeout;
  /** Committed here and not claimed yet: the next to be handed over, without a claim where this process is the only one. */
  fresh: Claimed[];
  /** Where this process is the only one: what is in its queues. */
  held: Set<string>;
}

/**
 * Hands committed rows to the queues. Of each handler only a window is there at a time, filled in turns of the tenants: the queues are
 * short, whoever has ten thousand rows. Jobs go when there is a free place for them, so that the urgent ones go first. Any number of
 * processes may relay one handler: rows that another is just taking are stepped over.
 */
export class Relay {
  /** How many processes run handlers. */
  replicas = 1;
  /** Woken from inside a publisher's flow; what follows must not run as that tenant. */
  private readonly outside = new AsyncResource('atoll.relay');
  private readonly lines = new Map<string, Line>();
  private closed = false;

  constructor(
    private readonly store: OutboxStore,
    private readonly queues: Queues,
    private readonly runner: Runner,
    private readonly handlerOf: (name: string) => Handler | undefined,
    /** Tells the queues of one database from those of another. */
    private readonly place: string,
  ) {}

  committed(rows: CommittedRow[]): void {
    for (const { handler, ...row } of rows) {
      if (!this.queues.local) this.wake(handler);
      else if (this.handlerOf(handler)) {
        this.line(handler).fresh.push({ ...row, claim: 0, died: 0 });
        this.kick(handler);
      }
    }
  }

  /** There may be ready rows of this handler that nobody told of. */
  wake(handler: string): void {
    if (this.queues.local && !this.handlerOf(handler)) return;
    this.line(handler).again = true;
    this.kick(handler);
  }

  /** A parcel is through. */
  ended(handler: string, { ids, more }: Parcel): void {
    const line = this.line(handler);
    for (const id of ids) line.held.delete(id);
    if (more || line.full) this.wake(handler);
  }

  queueOf(handler: string, version: number): string {
    return `${handler}${version > 1 ? `@${version}` : ''}${this.place}`;
  }

  /** Resolves when what is on its way is in its queue; of a Redis that hangs nobody waits for that. */
  async stop(): Promise<void> {
    this.closed = true;
    const lines = [...this.lines.values()];
    for (const { timer } of lines) clearTimeout(timer);
    await settledWithin(Promise.all(lines.flatMap(({ busy }) => busy ?? [])), PATIENCE_MS);
    this.outside.emitDestroy();
  }

  private kick(handler: string): void {
    const line = this.line(handler);
    if (!line.busy && !this.closed && this.queues.up) line.busy = this.outside.runInAsyncScope(() => this.send(handler, line));
  }

  private async send(handler: string, line: Line): Promise<void> {
    clearTimeout(line.timer);
    // What one transaction commits is told row by row.
    await Promise.resolve();
    try {
      do {
        if (line.fresh.length > 0) await this.handOver(handler, line, line.fresh.splice(0));
        if (line.again) {
          line.again = false;
          await this.claim(handler, line);
        }
      } while ((line.again || line.fresh.length > 0) && !this.closed);
    } catch (error) {
      line.full = true;
      log.warn({ error, handler }, 'messages could not be handed to their queue; trying again');
    }
    line.busy = undefined;
    if (!line.full) line.pauseMs = FIRST_PAUSE_MS;
    else if (!this.closed) {
      line.timer = setTimeout(() => this.wake(handler), line.pauseMs).unref();
      line.pauseMs = Math.min(LONGEST_PAUSE_MS, line.pauseMs * 2);
    }
  }

  /** Straight from memory, unless others came before or there is no room: then they wait in the outbox like all others. */
  private async handOver(handler: string, line: Line, rows: Claimed[]): Promise<void> {
    const { events, slots, most, window } = this.shapeOf(handler);
    if (rows.length > window - line.held.size || (line.full && !events)) line.again = true;
    else await this.add(handler, line, rows, Math.min(most, Math.max(FEW, Math.ceil(rows.length / slots))), false);
  }

  private async claim(handler: string, line: Line): Promise<void> {
    const { events, slots, most, window, versions } = this.shapeOf(handler);
    const { local } = this.queues;
    const from = line.afterTenant;
    const least = events ? Math.min(MOST_AT_ONCE, Math.ceil(window / 4)) : 1;
    const limit = Math.min(MOST_AT_ONCE, local ? window - line.held.size : window);
    line.full = limit < least;
    if (line.full) return;
    const { rows, room } = await this.store.claim(handler, from, local ? { limit, versions } : { limit, window, least });
    line.full = room === 0;
    line.afterTenant = rows.length < room ? FIRST_TENANT : (rows.at(-1)?.tenantId ?? FIRST_TENANT);
    line.again ||= rows.length > 0 || (room > 0 && from !== FIRST_TENANT);
    const more = rows.length >= room;
    const waiting = events ? rows.filter(({ messageId }) => !line.held.has(messageId)) : rows;
    await this.add(handler, line, waiting, more ? most : Math.min(most, Math.max(FEW, Math.ceil(rows.length / slots))), more);
  }

  /** Places of the handler in all processes, how many share a parcel at most, and how many may be in its queues at once. */
  private shapeOf(handler: string): { events: boolean; slots: number; most: number; window: number; versions?: number[] } {
    const one = this.handlerOf(handler);
    const slots = (one?.options.concurrency ?? ELSEWHERE.concurrency) * this.replicas;
    if (one && one.kind !== 'event') return { events: false, slots, most: 1, window: slots, versions: [...one.runs.keys()] };
    const most = this.runner.knows(handler) ? this.runner.sizeOf(handler).most : ELSEWHERE.most;
    return { events: true, slots, most, window: 2 * slots * most, versions: one && [...one.runs.keys()] };
  }

  private async add(handler: string, line: Line, rows: Claimed[], size: number, more: boolean): Promise<void> {
    if (this.queues.local) for (const { messageId } of rows) line.held.add(messageId);
    try {
      for (const [version, some] of Map.groupBy(rows, (row) => row.version)) {
        await this.queues.add(this.queueOf(handler, version), handler, pack(some, size, more));
      }
    } catch (error) {
      for (const [tenantId, some] of Map.groupBy(rows, (row) => row.tenantId)) {
        await this.store.release({ tenantId, ids: some.map(({ messageId }) => messageId) }, handler);
      }
      throw error;
    }
  }

  private line(handler: string): Line {
    const known = this.lines.get(handler);
    if (known) return known;
    const line: Line = {
      busy: undefined, again: false, full: false, afterTenant: FIRST_TENANT, pauseMs: FIRST_PAUSE_MS, fresh: [], held: new Set(),
    };
    this.lines.set(handler, line);
    return line;
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
