import type { Publisher } from '../delivery/publisher.js';
import type { EventDefinition } from './define-event.js';
import { Events } from './events.js';

/** `Events` of one context over its own database. */
export class ContextEvents extends Events {
  constructor(private readonly publisher: Publisher) {
    super();
  }

  override publish<T extends object>(event: EventDefinition<T>, data: T): Promise<void> {
    return this.publisher.publish(event, data);
  }
}
