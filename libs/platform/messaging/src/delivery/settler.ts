import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, logger } from '#platform/core';
import type { DeliveryStore, Settled } from './delivery.store.js';

const AGAIN_MS = 500;

const log = logger('kernel');

/**
 * Writes outcomes down in batches: what ends while one batch is being written goes with the next. An outcome that is lost (the process
 * dies first) costs a second delivery, which the inbox turns away.
 */
export class Settler {
  private waiting: Settled[] = [];
  private writing: Promise<void> | undefined;

  constructor(
    private readonly store: Pick<DeliveryStore, 'settle'>,
    private readonly written: (batch: Settled[]) => void,
  ) {}

  add(settled: Settled): void {
    this.waiting.push(settled);
    this.writing ??= this.write();
  }

  /** Resolves when everything that ended so far is written. */
  async idle(): Promise<void> {
    while (this.writing) await this.writing;
  }

  private async write(): Promise<void> {
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      await this.settle(batch);
    }
    this.writing = undefined;
  }

  private async settle(batch: Settled[]): Promise<void> {
    for (;;) {
      try {
        await this.store.settle(batch);
        return this.written(batch);
      } catch (error) {
        if (error instanceof AppError && (error.code === 'unavailable' || error.code === 'deadline')) {
          log.warn({ error, outcomes: batch.length }, 'outcomes could not be written and will be again');
          await sleep(AGAIN_MS);
        } else if (batch.length > 1) {
          for (const one of batch) await this.settle([one]);
          return;
        } else {
          log.error({ error, handler: batch[0]!.delivery.handler, messageId: batch[0]!.delivery.messageId }, 'an outcome could not be written; its lease will run out and it will be tried again');
          return;
        }
      }
    }
  }
}
