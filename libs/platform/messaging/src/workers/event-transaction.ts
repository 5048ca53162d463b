import { AppError, asService, runInFlow, type Secrets, span } from '#platform/core';
import { type Databases, type Db, inOpenTransaction } from '#platform/database';
import type { Handler } from '../api/handler-registry.js';
import { firstTimes } from '../outbox/inbox.js';
import { END_EVENTS } from '../outbox/outbox.sql.js';
import type { Batch, Delivery, OutboxStore } from '../outbox/outbox.store.js';
import { flowOf, openFor, orAborted, receivedOf, within } from './received.js';

/**
 * Handles events of one tenant in one transaction, one after the other, each in its own flow. The transaction ends their rows first: a
 * row that is gone was handled before and is left out, and what fails, is stopped or takes too long undoes all of it.
 */
export class EventTransaction {
  constructor(
    private readonly databases: Databases,
    private readonly secrets: Secrets,
    private readonly store: OutboxStore,
  ) {}

  /** How many were handled. `took` is told how long each handler ran, `read` what was about to be run. */
  async run(
    handler: Handler, batch: Batch, stop: AbortSignal, ms: number, took: (ms: number) => void, read?: (row: Delivery) => void,
  ): Promise<number> {
    const db = this.databases.of(handler.context);
    const apart = db.server === this.store.db.server ? undefined : await this.store.readEvents(batch, handler.name);
    const rows = await within(stop, ms, () => outOfTime(handler), (signal) =>
      asService(batch.tenantId, 'kernel', () => db.tx(() => orAborted(signal, async () => {
        const found = apart ? (apart.length > 0 ? await firstTimes(db, apart) : []) : await endRows(db, batch, handler);
        const deliveries = found.map((row) => ({ ...row, attempt: row.attempt + 1 }));
        for (const delivery of deliveries) read?.(delivery);
        const messages = deliveries.map((delivery) => ({ delivery, message: openFor(handler, delivery, this.secrets) }));
        for (const { delivery, message } of messages) {
          signal.throwIfAborted();
          const from = performance.now();
          await runInFlow(inOpenTransaction(flowOf(delivery, message, signal)), () => span(
            `event ${handler.name}`,
            { 'messaging.message.id': delivery.messageId },
            async () => handler.runs.get(delivery.version)!(receivedOf(delivery, message, signal)),
            { kind: 'consumer', parent: message.traceparent },
          ));
          took(performance.now() - from);
        }
        return deliveries;
      })), { signal }));
    if (apart) await this.store.forget(apart);
    return rows.length;
  }
}

function endRows(db: Db, { tenantId, ids }: Batch, handler: Handler): Promise<Delivery[]> {
  const sorted = ids.toSorted();
  return db.query(END_EVENTS, [tenantId, handler.name, ids, sorted[0], sorted.at(-1)]);
}

export function outOfTime({ name, options }: Handler): AppError {
  return new AppError(
    'deadline',
    'kernel.handler-timeout',
    `${name} did not end within ${options.timeoutMs} ms and was stopped. Raise its timeoutMs if it needs longer.`,
  );
}
