import type { EventDefinition } from './define-event.js';

/** Publishes this context's facts. Injected by class; bound to the context that injects it. */
export abstract class Events {
  /**
   * Publishes to every handler that is subscribed to the event, here or in another process, now or once its pod is back. Inside `db.tx`
   * the event commits and rolls back with it; outside, it is committed when the promise resolves. Delivery begins after the commit.
   * Only the context an event is named after publishes it.
   */
  abstract publish<T extends object>(event: EventDefinition<T>, data: T): Promise<void>;
  /** The same for several facts of one kind, in one statement. */
  abstract publishAll<T extends object>(event: EventDefinition<T>, data: T[]): Promise<void>;
}
