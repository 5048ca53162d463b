import { AppError, errorData, logger, metrics, runInFlow, type Secrets, span } from '#platform/core';
import type { Databases } from '#platform/database';
import type { LimitFunction } from 'p-limit';
import type { RunningJob } from '../api/define-job.js';
import type { Handler } from '../api/handler-registry.js';
import type { Tick } from '../api/job.decorator.js';
import { deliveryMetrics } from '../outbox/delivery.metrics.js';
import type { Opened } from '../outbox/envelope.js';
import { firstTimeAndOurs } from '../outbox/inbox.js';
import type { Ack, Batch, Delivery, Outcome, OutboxStore } from '../outbox/outbox.store.js';
import { backoff } from './backoff.js';
import { EventTransaction, outOfTime } from './event-transaction.js';
import { GroupSize } from './group-size.js';
import { flowOf, isRefusal, openFor, orAborted, within } from './received.js';
import { throttle } from './throttle.js';

const PROGRESS_EVERY_MS = 1000;
/** A group that takes longer than this holds up its fast ones for a slow one: it is undone, and each runs by itself. */
const PATIENCE_MS = 1_000;

const log = logger('kernel');
const groups = metrics.counter(
  'atoll_delivery_groups_total',
  'Transactions in which several events of one tenant were handled together: kept, or undone and each handled by itself',
  ['handler', 'outcome'],
);

/** Runs what a queue hands over to its outcome, keeps its time, and decides what a failure means. Never throws. */
export class Runner {
  private readonly sizes = new Map<string, GroupSize>();
  /** Jobs and ticks that run now. */
  private readonly jobs = new Set<Delivery>();
  private readonly transaction: EventTransaction;

  constructor(
    private readonly databases: Databases,
    private readonly secrets: Secrets,
    private readonly store: OutboxStore,
    /** Event handlers hold a connection while they run: all of them together get a share of the pool, and requests the rest. */
    private readonly connections: LimitFunction,
  ) {
    this.transaction = new EventTransaction(databases, secrets, store);
  }

  /** Whether it has run here. */
  knows(handler: string): boolean {
    return this.sizes.has(handler);
  }

  /** How many events of one handler share a transaction by what its runs took of late. */
  sizeOf(handler: string): GroupSize {
    return this.sizes.get(handler) ?? this.sizes.set(handler, new GroupSize()).get(handler)!;
  }

  /** Events of one tenant: in as few transactions as fit, and one by one where those cannot be kept. What is left to write comes back. */
  async events(handler: Handler, { tenantId, ids }: Batch, stop: AbortSignal): Promise<Ack[]> {
    const size = this.sizeOf(handler.name);
    const acks: Ack[] = [];
    for (let at = 0; at < ids.length;) {
      const batch = { tenantId, ids: ids.slice(at, at + size.most) };
      at += batch.ids.length;
      if (batch.ids.length > 1 && (await this.together(handler, batch, stop))) continue;
      for (const id of batch.ids) acks.push(...(await this.event(handler, { tenantId, ids: [id] }, stop)));
    }
    return acks;
  }

  private async together(handler: Handler, batch: Batch, stop: AbortSignal): Promise<boolean> {
    const size = this.sizeOf(handler.name);
    const ended = batch.ids.map(() => deliveryMetrics.started(handler.name));
    const ms = Math.min(handler.options.timeoutMs, PATIENCE_MS);
    try {
      const handled = await this.connections(() => this.transaction.run(handler, batch, stop, ms, (took) => size.took(took)));
      for (const told of ended.slice(0, handled)) told('done');
      groups.inc({ handler: handler.name, outcome: 'kept' });
      return true;
    } catch (error) {
      log.debug({ error, handler: handler.name, events: ended.length }, 'events that were handled together are handled one by one');
      groups.inc({ handler: handler.name, outcome: 'undone' });
      size.undone();
      return false;
    }
  }

  private async event(handler: Handler, batch: Batch, stop: AbortSignal): Promise<Ack[]> {
    const ended = deliveryMetrics.started(handler.name);
    const { timeoutMs } = handler.options;
    let delivery: Delivery | undefined;
    try {
      const took = (ms: number): void => this.sizeOf(handler.name).took(ms);
      const handled = await this.connections(() => this.transaction.run(handler, batch, stop, timeoutMs, took, (row) => (delivery = row)));
      if (handled > 0) ended('done');
      return [];
    } catch (error) {
      if (!delivery) return await this.unread(handler, batch, error);
      const outcome = this.failed(delivery, handler, error, stop);
      ended(outcome.kind);
      return [{ delivery, outcome }];
    }
  }

  /** A job or a schedule's tick. */
  async job(handler: Handler, batch: Batch, stop: AbortSignal): Promise<Ack[]> {
    const ended = deliveryMetrics.started(handler.name);
    let delivery: Delivery | undefined;
    try {
      delivery = await this.store.start(batch, handler.name, handler.options.whileParked);
      if (!delivery) return [];
      this.jobs.add(delivery);
      const outcome = await this.attempt(delivery, handler, stop).finally(() => this.jobs.delete(delivery!));
      ended(outcome.kind);
      return [{ delivery, outcome }];
    } catch (error) {
      return await this.unread(handler, batch, error);
    }
  }

  /** The sign of life of what runs here. */
  renew(): Promise<void> {
    return this.store.renew([...this.jobs]);
  }

  /** Nothing is known of a row that could not be read: it goes back as it was. */
  private async unread(handler: Handler, batch: Batch, error: unknown): Promise<Ack[]> {
    log.warn({ error, handler: handler.name, messageId: batch.ids[0] }, 'a message could not be read; it is sent again');
    await this.store.release(batch, handler.name).catch(() => undefined);
    return [];
  }

  private async attempt(delivery: Delivery, handler: Handler, stop: AbortSignal): Promise<Outcome> {
    try {
      const message = openFor(handler, delivery, this.secrets);
      const late = (): AppError => outOfTime(handler);
      const result = await within(stop, handler.options.timeoutMs, late, (signal) =>
        runInFlow(flowOf(delivery, message, signal), () =>
          span(
            `${delivery.kind} ${handler.name}`,
            { 'messaging.message.id': delivery.messageId },
            () => orAborted(signal, () => this.call(delivery, handler, message, signal)),
            { kind: 'consumer', parent: message.traceparent },
          )));
      return { kind: 'done', result: result === undefined ? undefined : JSON.stringify(result) };
    } catch (error) {
      return this.failed(delivery, handler, error, stop);
    }
  }

  private async call(delivery: Delivery, handler: Handler, message: Opened, signal: AbortSignal): Promise<unknown> {
    const run = handler.runs.get(delivery.version)!;
    if (delivery.kind === 'job') return run(this.runningJob(delivery, handler, message, signal));
    const tick: Tick = { time: new Date((message.data as { tick: string }).tick), attempt: delivery.attempt, signal };
    await run(tick);
  }

  private runningJob(delivery: Delivery, handler: Handler, message: Opened, signal: AbortSignal): RunningJob<unknown> {
    const db = this.databases.of(handler.context);
    const show = throttle<number>(PROGRESS_EVERY_MS, (done) => this.store.progress(delivery, done));
    return {
      id: delivery.messageId,
      data: message.data,
      attempt: delivery.attempt,
      attempts: handler.options.attempts,
      signal,
      progress: (done) => show(Math.min(1, Math.max(0, done))),
      once: (work, step = 'once') => db.tx(async () => {
        signal.throwIfAborted();
        const { ours, first } = await firstTimeAndOurs(db, delivery, step);
        if (!ours) throw leaseLost(handler);
        return first ? work() : undefined;
      }),
    };
  }

  private failed(delivery: Delivery, { name, options }: Handler, error: unknown, stop: AbortSignal): Outcome {
    if (stop.reason instanceof Released) return { kind: 'released' };
    if (isLeaseLost(error) || isLeaseLost(stop.reason)) return { kind: 'lost' };
    const refused = isRefusal(error);
    const last = refused || delivery.attempt >= options.attempts;
    const told = { error, handler: name, messageId: delivery.messageId, attempt: delivery.attempt, attempts: options.attempts };
    if (refused) log.error(told, 'message refused');
    else if (last) log.error(told, 'handler failed for the last time: the message is a dead letter now');
    else log.warn(told, 'handler failed and will be tried again');
    if (last) return { kind: 'dead', error: errorData(error) };
    return { kind: 'retry', delayMs: backoff(delivery.attempt, options.backoffMs), error: errorData(error) };
  }
}

/** Reason of an abort that is nobody's fault: the process is closing, the try does not count. */
export class Released extends Error {
  override name = 'AbortError';
}

const LEASE_LOST = 'kernel.lease-lost';

function isLeaseLost(error: unknown): boolean {
  return error instanceof AppError && error.reason === LEASE_LOST;
}

export function leaseLost({ name }: Pick<Handler, 'name'>): AppError {
  return new AppError(
    'cancelled',
    LEASE_LOST,
    `${name} was cancelled, or was silent for so long that another process runs it now. Nothing further of this run is kept.`,
  );
}
