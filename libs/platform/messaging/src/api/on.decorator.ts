import { AppError } from '#platform/core';
import { assertMessageName } from './message-name.js';
import { type RetryOptions, addHandler } from './handler-metadata.js';
import type { EventDefinition, Received } from './define-event.js';

/**
 * Subscribes a method of a provider to an event under a fixed, durable name: `<context>.<words>`, the context that hosts the handler.
 * It runs inside `db.tx` of its context together with the record that it ran, so its database effects happen exactly once however often
 * the event is delivered. Keep it short and inside the database; enqueue a job for whatever is long or leaves the house.
 * The same handler name may be given to several versions of one event. Renaming a handler makes a new subscription.
 *
 * @example @On(turnCompleted, 'analytics.count-turn') async count(event: Received<typeof turnCompleted>) {}
 */
export function On<T>(event: EventDefinition<T>, handler: string, options: RetryOptions = {}) {
  assertMessageName(handler);
  if (!event) throw new AppError('internal', 'kernel.no-event',
    `@On(..., '${handler}') was given no event: its definition is not exported, or is imported in a circle.`);
  return <M extends (event: Received<T> & Received<EventDefinition<T>>) => unknown>(target: object, method: string | symbol,
    _descriptor: TypedPropertyDescriptor<M>): void => {
    addHandler(target, { kind: 'event', message: event.name, version: event.version, handler, method, options });
  };
}
