import { AppError, type Flow, newId, type Secrets } from '#platform/core';
import type { Received } from '../api/define-event.js';
import type { Handler } from '../api/handler-registry.js';
import { type Opened, open } from '../outbox/envelope.js';
import type { Delivery } from '../outbox/outbox.store.js';

/** Deaths of the process after which a message counts as their cause. */
const MOST_DEATHS = 10;

/** A message that is never to be run, however often it is tried. */
const REFUSALS = ['kernel.envelope', 'kernel.died-running'];

/** What a delivery holds, verified. Throws where it is not for this handler, or not to be run. */
export function openFor(handler: Handler, delivery: Delivery, secrets: Secrets): Opened {
  const message = open(secrets, delivery, delivery.kind);
  if (delivery.name !== handler.message || !handler.runs.has(delivery.version)) throw misdirected(delivery);
  if (delivery.died >= MOST_DEATHS) throw diedRunning(delivery);
  return message;
}

export function isRefusal(error: unknown): boolean {
  return error instanceof AppError && error.reason !== undefined && REFUSALS.includes(error.reason);
}

/** The flow its handler runs in: tenant and actor of whoever published, their trace, and the message as the cause of what follows. */
export function flowOf({ messageId }: Delivery, { scope, traceparent }: Opened, signal: AbortSignal): Flow {
  return { requestId: newId(), traceparent, causation: messageId, signal, ...(scope && { scope: { ...scope } }) };
}

/** What the handler of an event is given. */
export function receivedOf(delivery: Delivery, message: Opened, signal: AbortSignal): Received<unknown> {
  const { messageId, name, version, attempt } = delivery;
  return { id: messageId, name, version, data: message.data, time: new Date(message.time), attempt, signal };
}

/** Ends with the work or with the abort, whichever comes first: work that ignores its signal does not hold its place for ever. */
export async function orAborted<T>(signal: AbortSignal, work: () => Promise<T> | T): Promise<T> {
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

/** `work` under a signal of its own, which is aborted with the outer one, or with `late()` after `ms`. */
export async function within<T>(outer: AbortSignal, ms: number, late: () => Error, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(late()), ms);
  try {
    return await work(AbortSignal.any([outer, time.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function misdirected({ name, version, handler }: Delivery): AppError {
  return new AppError(
    'forbidden',
    'kernel.envelope',
    `${name} version ${version} was queued for ${handler}, which does not handle it. It was written by something other than Atoll.`,
  );
}

function diedRunning({ handler, died }: Delivery): AppError {
  return new AppError(
    'internal',
    'kernel.died-running',
    `The process died or hung ${died} times while ${handler} ran or was about to run this message, which may be the cause. ` +
      'Look for crashes (memory, native code) before replaying it.',
  );
}
