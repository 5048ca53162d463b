import { newId } from '../context/ids.js';
import { runAs } from '../context/flow.js';
import { runInFlow } from '../context/scope.js';
import type { Secrets } from '../crypto/secrets.js';
import type { Databases } from '../db/databases.js';
import { AppError, errorData } from '../errors/app-error.js';
import { logger } from '../observability/logger.js';
import { span } from '../observability/span.js';
import type { RunningJob } from '../jobs/define-job.js';
import type { Tick } from '../jobs/job.decorator.js';
import type { Received } from '../events/define-event.js';
import { backoff } from './backoff.js';
import type { Delivery, DeliveryStore, Outcome } from './delivery.store.js';
import { type Opened, open } from './envelope.js';
import { firstTime, firstTimeAndOurs } from './inbox.js';
import type { Handler } from './registry.js';
import { Throttled } from './throttled.js';
import type { Turnstile } from './turnstile.js';

const PROGRESS_EVERY_MS = 1000;
/** Deaths of the process after which a message counts as their cause. */
const MOST_DEATHS = 10;
const LEASE_LOST = 'kernel.lease-lost';

const log = logger('kernel');

/** Runs one claimed delivery to its outcome: verifies it, rebuilds its flow, keeps its time, and decides what a failure means. Never throws. */
export class Runner {
  constructor(
    private readonly databases: Databases,
    private readonly secrets: Secrets,
    private readonly store: DeliveryStore,
    /** Event handlers hold a connection while they run: all of them together get a share of the pool, and requests the rest. */
    private readonly transactions: Turnstile,
  ) {}

  run(delivery: Delivery, handler: Handler, stop: AbortController): Promise<Outcome> {
    return handler.kind === 'event' ? this.transactions.through(() => this.attempt(delivery, handler, stop)) : this.attempt(delivery, handler, stop);
  }

  private async attempt(delivery: Delivery, handler: Handler, stop: AbortController): Promise<Outcome> {
    let message: Opened;
    try {
      message = open(this.secrets, delivery, delivery.kind);
      if (delivery.name !== handler.message) throw misdirected(delivery);
      if (delivery.died >= MOST_DEATHS) throw diedRunning(delivery);
    } catch (error) {
      log.error({ error, handler: delivery.handler, messageId: delivery.messageId }, 'message refused');
      return { kind: 'dead', error: errorData(error) };
    }
    try {
      const work = (): Promise<unknown> => span(`${delivery.kind} ${handler.name}`, { 'messaging.message.id': delivery.messageId }, () => this.handle(delivery, handler, message, stop), { kind: 'consumer', parent: message.traceparent });
      const result = await inFlowOf(delivery, message, stop.signal, work);
      return { kind: 'done', result: handler.kind === 'job' && result !== undefined ? JSON.stringify(result) : undefined };
    } catch (error) {
      if (stop.signal.reason instanceof HandedBack) return { kind: 'handed-back' };
      return isLeaseLost(error) || isLeaseLost(stop.signal.reason) ? { kind: 'lost' } : this.failed(delivery, handler, error);
    }
  }

  private async handle(delivery: Delivery, handler: Handler, message: Opened, stop: AbortController): Promise<unknown> {
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
      const event: Received<unknown> = {
        id: delivery.messageId, name: delivery.name, version: delivery.version, data: message.data,
        time: new Date(message.time), attempt: delivery.attempt, signal: stop.signal,
      };
      return await db.tx(() => within(async () => {
        if (await firstTime(db, delivery)) await run(event);
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

function inFlowOf<T>({ messageId }: Delivery, { scope, traceparent }: Opened, signal: AbortSignal, work: () => T): T {
  const flow = { requestId: newId(), traceparent, causation: messageId, signal };
  return scope ? runAs(scope, work, flow) : runInFlow(flow, work);
}

/** Ends with the work or with the abort, whichever comes first: work that ignores its signal does not hold its place for ever. */
async function orAborted<T>(signal: AbortSignal, work: () => Promise<T> | T): Promise<T> {
  signal.throwIfAborted();
  let abort!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function outOfTime({ name, options }: Handler): AppError {
  return new AppError('deadline', 'kernel.handler-timeout', `${name} did not end within ${options.timeoutMs} ms and was stopped. Raise its timeoutMs if it needs longer.`);
}

function misdirected({ name, handler }: Delivery): AppError {
  return new AppError('forbidden', 'kernel.envelope', `${name} was queued for ${handler}, which does not handle it. It was written by something other than Atoll.`);
}

function diedRunning({ handler, died }: Delivery): AppError {
  return new AppError('internal', 'kernel.died-running', `The process died or hung ${died} times while ${handler} ran or was about to run this message, which may be the cause. Look for crashes (memory, native code) before replaying it.`);
}
