import { AsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { logger } from '#platform/core';
import type { DeliveryStore } from './delivery.store.js';
import { Lane } from './lane.js';
import type { Handler } from './registry.js';
import type { Runner } from './runner.js';
import { Settler } from './settler.js';
import { type Signals, jobCancelled, messagesCommitted } from './signals.js';

export interface Pace {
  leaseMs: number;
  pollMs: number;
  drainMs: number;
  /** Nobody else can be running anything of this database. */
  alone: boolean;
}

/** Longest pause a timer of Node can take. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A row that is due and still not promoted is locked by somebody; asked for again after this. */
const OVERDUE_MS = 50;

const log = logger('kernel');

/**
 * Runs the handlers of this process on what is in the database. Woken by commits of this process, by calls from others, by a timer for
 * the next row that becomes due, and by a slow poll in case a call was lost. A call says only where to look; the rows decide.
 */
export class Dispatcher {
  /** Woken from inside a publisher's flow; what follows must not run as that tenant. */
  private readonly outside = new AsyncResource('atoll.dispatcher');
  private readonly lanes = new Map<string, Lane>();
  private readonly settler: Settler;
  private readonly stops: (() => void)[] = [];
  private looking: { again: boolean } | undefined;
  private poll: NodeJS.Timeout | undefined;
  private due: { at: number; timer: NodeJS.Timeout } | undefined;
  private beat: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly store: DeliveryStore,
    private readonly runner: Runner,
    private readonly signals: Signals,
    private readonly handlersOf: (message: string) => Handler[],
    private readonly pace: Pace,
  ) {
    this.settler = new Settler(store, (batch) => {
      const pauses = batch.flatMap(({ outcome }) => (outcome.kind === 'retry' ? [outcome.delayMs] : []));
      if (pauses.length > 0) this.arm(Date.now() + Math.min(...pauses));
    });
  }

  async start(handlers: Handler[]): Promise<void> {
    if (this.pace.alone) await this.store.takeBackAll();
    for (const handler of handlers) this.lanes.set(handler.name, new Lane(handler, this.store, this.runner, this.settler));
    this.stops.push(
      this.signals.on(messagesCommitted, ({ names, dueAt }) => this.committed(names, dueAt)),
      this.signals.on(jobCancelled, ({ messageId }) => this.cancelled(messageId)),
    );
    this.outside.runInAsyncScope(() => {
      this.beat = setInterval(() => void this.heartbeat(), this.pace.leaseMs / 3).unref();
      this.look();
    });
  }

  /** Messages of these names may be ready. */
  committed(names: readonly string[], dueAt: number): void {
    this.outside.runInAsyncScope(() => {
      if (dueAt > Date.now()) this.arm(dueAt);
      else for (const name of names) for (const { name: handler } of this.handlersOf(name)) this.lanes.get(handler)?.wake();
    });
  }

  cancelled(messageId: string): void {
    for (const lane of this.lanes.values()) lane.cancel(messageId);
  }

  /** Looks into the database for whatever is ready, due or abandoned. */
  look(): void {
    if (this.closed) return;
    if (this.looking) this.looking.again = true;
    else void this.outside.runInAsyncScope(() => this.lookAround());
  }

  /** Lets what runs end, for at most the drain time; then stops it and gives it back untried. */
  async stop(): Promise<void> {
    this.closed = true;
    for (const stop of this.stops.splice(0)) stop();
    clearTimeout(this.poll);
    clearTimeout(this.due?.timer);
    const closing = Promise.all([...this.lanes.values()].map((lane) => lane.close()));
    const cancelled = new AbortController();
    await Promise.race([closing, sleep(this.pace.drainMs, undefined, { ref: false, signal: cancelled.signal }).catch(() => undefined)]);
    cancelled.abort();
    for (const lane of this.lanes.values()) lane.abort();
    await closing;
    clearInterval(this.beat);
    await this.settler.idle();
    this.outside.emitDestroy();
  }

  private async lookAround(): Promise<void> {
    const looking = { again: false };
    this.looking = looking;
    clearTimeout(this.poll);
    try {
      do {
        looking.again = false;
        const { ready, nextDueMs } = await this.store.outlook([...this.lanes.keys()]);
        for (const handler of ready) this.lanes.get(handler)?.wake();
        if (nextDueMs !== null) this.arm(Date.now() + nextDueMs);
      } while (looking.again && !this.closed);
    } catch (error) {
      log.warn({ error }, 'the queue could not be read; looking again later');
    } finally {
      this.looking = undefined;
      if (!this.closed) this.poll = setTimeout(() => this.look(), this.pace.pollMs).unref();
    }
  }

  /** Looks again when the next row becomes due; an earlier appointment stands. */
  private arm(at: number): void {
    if (this.closed || (this.due && this.due.at <= at)) return;
    clearTimeout(this.due?.timer);
    const pause = at - Date.now();
    const timer = setTimeout(() => {
      this.due = undefined;
      this.look();
    }, pause > 0 ? Math.min(LONGEST_TIMER_MS, pause + 1) : OVERDUE_MS).unref();
    this.due = { at, timer };
  }

  private async heartbeat(): Promise<void> {
    const held = [...this.lanes.values()].flatMap((lane) => lane.held());
    if (held.length === 0) return;
    try {
      const ours = await this.store.heartbeat();
      const lost = new Set(held.filter((key) => !ours.has(key)));
      if (lost.size > 0) for (const lane of this.lanes.values()) lane.lost(lost);
    } catch (error) {
      log.warn({ error }, 'the lease on running work could not be renewed; trying again');
    }
  }
}
