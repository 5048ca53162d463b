import { logger, settledWithin } from '#platform/core';
import { type ConnectionFacts, ProcessLock } from '#platform/database';
import type { Handler, HandlerRegistry } from '../api/handler-registry.js';
import { setDirectHandlers } from '../outbox/direct-handlers.js';
import type { CommittedRow } from '../outbox/local-emitter.js';
import type { Batch, OutboxStore } from '../outbox/outbox.store.js';
import { writeAcks } from './acks.js';
import type { Parcel, Queues } from './queues.js';
import { Relay } from './relay.js';
import { leaseLost, Released, type Runner } from './runner.js';
import { Sweeper } from './sweeper.js';

/** Of the one process that runs a database's handlers where no Redis shares them out: "atol" in ASCII. */
const LOCK = 0x61746f6c;
const SECOND =
  'Another process runs the event handlers, jobs and schedules of this database, so this one does not, and takes over when that one '
  + 'ends. Set REDIS_URL in all of them to share the work, or ATOLL_RUN_JOBS=false here.';

/** Longest wait for handlers that were stopped. */
const PATIENCE_MS = 5_000;

const log = logger('kernel');

export interface DispatcherOptions {
  sweepMs: number;
  drainMs: number;
  /** What a process has and gives no sign of life for; what is with the queues and not ended after twice this is sent again. */
  leaseMs: number;
  /** Tells the queues of one database from those of another. */
  place: string;
  /** Of a server whose handlers one process runs. */
  lock?: ConnectionFacts;
}

/**
 * Carries what is committed in one database's outbox to its handlers. The outbox is read at the start, for what is due later, for a
 * backlog, and by a slow sweep; everything else is told by the commit itself.
 */
export class Dispatcher {
  private readonly relay: Relay;
  private readonly sweeper: Sweeper;
  private readonly runs = new Map<AbortController, { handler: Handler; ids: string[] }>();
  private readonly renewal: NodeJS.Timeout;
  private readonly working = new Set<Promise<void>>();
  private readonly handlers = new Map<string, Handler>();
  private lock: ProcessLock | undefined;
  private active = false;

  constructor(
    private readonly store: OutboxStore,
    private readonly runner: Runner,
    registry: HandlerRegistry,
    private readonly queues: Queues,
    private readonly options: DispatcherOptions,
  ) {
    this.relay = new Relay(store, queues, runner, this.handlers, (name) => registry.get(name), options.place);
    this.sweeper = new Sweeper(() => this.look(), options.sweepMs);
    this.renewal = setInterval(() => void this.runner.renew().catch((error: unknown) => log.warn({ error }, 'runs could not be renewed')),
      options.leaseMs / 4).unref();
  }

  /** `running` is called when this process runs `handlers`, which may be later. None: it only publishes. */
  async start(handlers: Handler[], running: () => Promise<void>): Promise<void> {
    const { lock } = this.options;
    if (this.queues.local && handlers.length === 0) return;
    const begin = async (): Promise<void> => {
      if (this.queues.local) await this.store.takeBackAll([...this.runs.values()].flatMap(({ ids }) => ids));
      this.active = true;
      if (this.handlers.size === 0) this.work(handlers);
      setDirectHandlers(this.store.db.server, () => (this.active ? this.relay.direct : []));
      await running();
      this.sweeper.look();
    };
    if (!lock) return begin();
    // When the lock is lost, what runs goes on: its rows are fenced.
    const holder = { held: begin, lost: () => void (this.active = false), taken: () => log.warn(SECOND) };
    this.lock = new ProcessLock(lock, LOCK, holder);
    await this.lock.acquire();
  }

  committed(rows: CommittedRow[]): void {
    if (this.active) this.relay.committed(rows);
  }

  cancelled(messageId: string): void {
    for (const [stop, { handler, ids }] of this.runs) if (handler.kind === 'job' && ids[0] === messageId) stop.abort(leaseLost(handler));
  }

  /** Something may be ready at this time (ms since epoch; 0 for now). */
  due(at: number): void {
    if (this.active) this.sweeper.due(at);
  }

  /** Lets what runs end, for at most the drain time; then stops it and gives it back untried. */
  async stop(): Promise<void> {
    setDirectHandlers(this.store.db.server, undefined);
    this.sweeper.stop();
    await this.relay.stop();
    const ended = this.queues.stop();
    await settledWithin(Promise.all(this.working), this.options.drainMs);
    for (const stop of this.runs.keys()) stop.abort(new Released('The process is closing.'));
    // Queues whose Redis does not answer are not waited for: what was in them is sent again.
    await settledWithin(ended, PATIENCE_MS);
    clearInterval(this.renewal);
    if (this.queues.local && this.active) await this.store.sendAgain(0);
    await this.queues.close();
    await this.lock?.release();
  }

  private work(handlers: Handler[]): void {
    for (const handler of handlers) {
      this.handlers.set(handler.name, handler);
      for (const version of handler.runs.keys()) {
        const queue = this.relay.queueOf(handler.name, version);
        this.queues.work(queue, handler.options.concurrency, (parcel, again) => this.process(handler, parcel, again));
      }
    }
  }

  private async process(handler: Handler, parcel: Parcel, again: boolean): Promise<void> {
    const work = again ? this.takeBack(handler, parcel) : this.run(handler, parcel);
    this.working.add(work);
    await work.finally(() => this.working.delete(work));
    this.relay.ended(handler.name, parcel);
  }

  private async run(handler: Handler, batch: Batch): Promise<void> {
    const stop = new AbortController();
    this.runs.set(stop, { handler, ids: batch.ids });
    const events = handler.kind === 'event';
    const acks = await (events ? this.runner.events(handler, batch, stop.signal) : this.runner.job(handler, batch, stop.signal));
    await writeAcks(this.store, acks);
    for (const { outcome } of acks) if (outcome.kind === 'retry') this.sweeper.due(Date.now() + outcome.delayMs);
    this.runs.delete(stop);
  }

  /**
   * The process that had these died, or was silent for too long, says Redis: each is sent again by itself. Whether one still runs says its
   * row, which is renewed more often than BullMQ notices a death.
   */
  private async takeBack(handler: Handler, batch: Batch): Promise<void> {
    try {
      await this.store.takeBack(batch, handler.name, this.options.leaseMs / 2);
      this.sweeper.look();
    } catch (error) {
      log.warn({ error, handler: handler.name }, 'what another process left could not be taken back; the sweep finds it later');
    }
  }

  private async look(): Promise<number | null> {
    if (!this.active) return null;
    this.relay.replicas = await this.queues.replicas(() => this.store.sendAgain(0));
    this.relay.resume();
    await this.store.recover(2 * this.options.leaseMs, this.queues.up ? await this.relay.empty(this.handlers.values()) : []);
    const { ready, nextDueMs } = await this.store.snapshot();
    for (const handler of ready) this.relay.wake(handler);
    return nextDueMs;
  }
}
