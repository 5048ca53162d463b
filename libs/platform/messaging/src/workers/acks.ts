import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, logger } from '#platform/core';
import type { Ack, OutboxStore } from '../outbox/outbox.store.js';

const AGAIN_MS = 500;

const log = logger('kernel');

/** Writes outcomes down, however long the database is away. One that cannot be stored does not hold up the others. */
export async function writeAcks(store: Pick<OutboxStore, 'settle'>, acks: Ack[]): Promise<void> {
  for (;;) {
    try {
      return acks.length > 0 ? await store.settle(acks) : undefined;
    } catch (error) {
      if (error instanceof AppError && (error.code === 'unavailable' || error.code === 'deadline')) {
        log.warn({ error, outcomes: acks.length }, 'outcomes could not be written and will be again');
        await sleep(AGAIN_MS);
        continue;
      }
      if (acks.length > 1) {
        for (const one of acks) await writeAcks(store, [one]);
      } else {
        const { handler, messageId } = acks[0]!.delivery;
        log.error({ error, handler, messageId }, 'an outcome could not be written; the message will be tried again');
      }
      return;
    }
  }
}
