import { AppError, type Flow, newId, type Secrets } from '#platform/core';
import type { Received } from '../events/define-event.js';
import type { Delivery } from './delivery.store.js';
import { type Opened, open } from './envelope.js';
import type { Handler } from './registry.js';

/** Deaths of the process after which a message counts as their cause. */
const MOST_DEATHS = 10;

/** What a claimed delivery holds, verified. Throws where it is not for this handler, or not to be run. */
export function openFor(handler: Handler, delivery: Delivery, secrets: Secrets): Opened {
  const message = open(secrets, delivery, delivery.kind);
  if (delivery.name !== handler.message) throw misdirected(delivery);
  if (delivery.died >= MOST_DEATHS) throw diedRunning(delivery);
  return message;
}

/** The flow its handler runs in: tenant and actor of whoever published, their trace, and the message as the cause of what follows. */
export function flowOf({ messageId }: Delivery, { scope, traceparent }: Opened, signal: AbortSignal): Flow {
  return { requestId: newId(), traceparent, causation: messageId, signal, ...(scope && { scope: { ...scope } }) };
}

/** What the handler of an event is given. */
export function receivedOf(delivery: Delivery, message: Opened, signal: AbortSignal): Received<unknown> {
  return { id: delivery.messageId, name: delivery.name, version: delivery.version, data: message.data, time: new Date(message.time), attempt: delivery.attempt, signal };
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

function misdirected({ name, handler }: Delivery): AppError {
  return new AppError('forbidden', 'kernel.envelope', `${name} was queued for ${handler}, which does not handle it. It was written by something other than Atoll.`);
}

function diedRunning({ handler, died }: Delivery): AppError {
  return new AppError('internal', 'kernel.died-running', `The process died or hung ${died} times while ${handler} ran or was about to run this message, which may be the cause. Look for crashes (memory, native code) before replaying it.`);
}
