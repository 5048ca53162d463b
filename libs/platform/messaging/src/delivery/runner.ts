import { AppError, errorData, logger, metrics, runInFlow, type Secrets, span } from '#platform/core';
import type { Databases } from '#platform/database';
import type { RunningJob } from '../jobs/define-job.js';
import type { Tick } from '../jobs/job.decorator.js';
import { backoff } from './backoff.js';
import type { Delivery, DeliveryStore, Outcome } from './delivery.store.js';
import type { Opened } from './envelope.js';
import { type Started, Groups } from './group.js';
import { firstTime, firstTimeAndOurs } from './inbox.js';
import type { GroupSize } from './group-size.js';
import { flowOf, openFor, orAborted, receivedOf } from './received.js';
import type { Handler } from './registry.js';
import { Throttled } from './throttled.js';
import type { Turnstile } from './turnstile.js';

const PROGRESS_EVERY_MS = 1000;
const LEASE_LOST = 'kernel.lease-lost';

const log = logger('kernel');
const groups = metrics.counter('atoll_delivery_groups_total', 'Transactions in which several events of one tenant were handled together: kept, or undone and each handled by itself', ['handler', 'outcome']);

/** Runs claimed deliveries to their outcome: verifies them, rebuilds their flow, keeps their time, and decides what a failure means. Never throws. */
export class Runner {
  private readonly groups: Groups;

  constructor(
    private readonly databases: Databases,
    private readonly secrets: Secrets,
    private readonly store: DeliveryStore,
    /** Event handlers hold a connection while they run: all of them together get a share of the pool, and requests the rest. */
    private readonly transactions: Turnstile,
  ) {
    this.groups = new Groups(databases, secrets);
  }

  run({ delivery, stop }: Started, handler: Handler, size: GroupSize): Promise<Outcome> {
    const attempt = (): Promise<Outcome> => this.attempt(delivery, handler, stop, (ms) => size.took(ms));
    return handler.kind === 'event' ? this.transactions.through(attempt) : attempt();
  }

  /** Events of one tenant in one transaction. Whether all are done; false: nothing has happened, and each is to be run by itself. */
  async together(group: Started[], handler: Handler, size: GroupSize): Promise<boolean> {
    const kept = await this.transactions.through(() => this.groups.run(group, handler, (ms) => size.took(ms)));
    groups.inc({ handler: handler.name, outcome: kept ? 'kept' : 'undone' });
    if (!kept) size.undone();
    return kept;
  }

  private async attempt(delivery: Delivery, handler: Handler, stop: AbortController, took: (ms: number) => void): Promise<Outcome> {
    let message: Opened;
    try {
      message = openFor(handler, delivery, this.secrets);
    } catch (error) {
      log.error({ error, handler: delivery.handler, messageId: delivery.messageId }, 'message refused');
      return { kind: 'dead', error: errorData(error) };
    }
    try {
      const work = (): Promise<unknown> => span(`${delivery.kind} ${handler.name}`, { 'messaging.message.id': delivery.messageId }, () => this.handle(delivery, handler, message, stop, took), { kind: 'consumer', parent: message.traceparent });
      const result = await runInFlow(flowOf(delivery, message, stop.signal), work);
      return { kind: 'done', result: handler.kind === 'job' && result !== undefined ? JSON.stringify(result) : undefined };
    } catch (error) {
      if (stop.signal.reason instanceof HandedBack) return { kind: 'handed-back' };
      return isLeaseLost(error) || isLeaseLost(stop.signal.reason) ? { kind: 'lost' } : this.failed(delivery, handler, error);
    }
  }

  private async handle(delivery: Delivery, handler: Handler, message: Opened, stop: AbortController, took: (ms: number) => void): Promise<unknown> {
    const run = handler.runs.get(delivery.version)!;
    const timer = setTimeout(() => stop.abort(outOfTime(handler)), handler.options.timeoutMs);
    const within = <T>(work: () => Promise<T> | T): Promise<T> => orAborted(stop.signal, work);
    try {
      if (handler.kind === 'cron') {
        const tick: Tick = { time: new Date((message.data as { tick: string }).tick), attempt: delivery.attempt, signal: stop.signal };
        return await within(() => run(tick));
      }
      const db = this.databases.of(handler.context);
      if (handler.kind === 'job') return await within(() => run(this.runningJob(delivery, handler, message, stop.signal)));
      return await db.tx(() => within(async () => {
        if (!(await firstTime(db, delivery))) return;
        const from = performance.now();
        await run(receivedOf(delivery, message, stop.signal));
        took(performance.now() - from);
      }));
    } finally {
      clearTimeout(timer);
    }
  }

  private runningJob(delivery: Delivery, handler: Handler, message: Opened, signal: AbortSignal): RunningJob<unknown> {
    const db = this.databases.of(handler.context);
    const shown = new Throttled<number>(PROGRESS_EVERY_MS, (done) => this.store.progress(delivery, done));
    return {
      id: delivery.messageId,
      data: message.data,
      attempt: delivery.attempt,
      attempts: handler.options.attempts,
      signal,
      progress: (done) => shown.set(Math.min(1, Math.max(0, done))),
      once: (work, step = 'once') => db.tx(async () => {
        signal.throwIfAborted();
        const { ours, first } = await firstTimeAndOurs(db, delivery, this.store.lease, step);
        if (!ours) throw leaseLost(handler);
        return first ? work() : undefined;
      }),
    };
  }

  private failed(delivery: Delivery, { name, options }: Handler, error: unknown): Outcome {
    const last = delivery.attempt >= options.attempts;
    const told = { error, handler: name, messageId: delivery.messageId, attempt: delivery.attempt, attempts: options.attempts };
    if (last) log.error(told, 'handler failed for the last time: the message is a dead letter now');
    else log.warn(told, 'handler failed and will be tried again');
    return last ? { kind: 'dead', error: errorData(error) } : { kind: 'retry', delayMs: backoff(delivery.attempt, options.backoffMs), error: errorData(error) };
  }
}

/** Reason of an abort that is nobody's fault: the process is closing, the try does not count. */
export class HandedBack extends Error {
  override name = 'AbortError';
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof AppError && error.reason === LEASE_LOST;
}

export function leaseLost({ name }: Pick<Handler, 'name'>): AppError {
  return new AppError('cancelled', LEASE_LOST, `${name} was cancelled, or was silent for so long that another process runs it now. Nothing further of this run is kept.`);
}

function outOfTime({ name, options }: Handler): AppError {
  return new AppError('deadline', 'kernel.handler-timeout', `${name} did not end within ${options.timeoutMs} ms and was stopped. Raise its timeoutMs if it needs longer.`);
}
