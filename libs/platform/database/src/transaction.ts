import { AppError, logger } from '#platform/core';
import type { Lease } from './lease.js';

/** Units held longer than this are logged: on the embedded engine everybody else has been waiting all that time. */
export const LONG_UNIT_MS = 5_000;

const log = logger('kernel');

/** One open unit of work: its connection, its fate and what runs once it is committed. */
export class Transaction {
  private doomed: { cause: unknown } | undefined;
  private readonly after: (() => void)[] = [];

  constructor(readonly lease: Lease) {
    lease.begin();
  }

  /** Runs the opener's work to its end. `context` is for the log alone, which hears of a unit that is held for longer than `longMs`. */
  async run<T>(context: string, work: () => Promise<T>, longMs = LONG_UNIT_MS): Promise<T> {
    const opened = Date.now();
    const watchdog = setTimeout(() => log.warn({ unitOf: context, heldMs: longMs }, 'a unit of work is held for long: something slow runs inside db.tx'), longMs).unref();
    try {
      return await this.decide(work);
    } finally {
      clearTimeout(watchdog);
      const heldMs = Date.now() - opened;
      if (heldMs >= longMs) log.warn({ unitOf: context, heldMs }, 'a unit of work was held for long');
    }
  }

  private async decide<T>(work: () => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await work();
      if (this.doomed) throw unitDoomed(this.doomed.cause);
      await this.lease.commit();
    } catch (error) {
      await this.abandon();
      throw error;
    } finally {
      this.lease.release();
    }
    this.runAfter();
    return result;
  }

  /** A joined piece of work failed: the unit cannot commit any more, whoever catches the error on the way. */
  async join<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.doom(error);
      throw error;
    }
  }

  doom(cause: unknown): void {
    this.doomed ??= { cause };
  }

  afterCommit(work: () => void): void {
    this.after.push(work);
  }

  /** After a commit that failed there is no transaction left to roll back; the release then looks at the connection itself. */
  private async abandon(): Promise<void> {
    if (this.lease.open) await this.lease.rollback().catch(() => this.lease.release(true));
  }

  private runAfter(): void {
    for (const work of this.after) {
      try {
        work();
      } catch (error) {
        log.error({ error }, 'afterCommit work threw; the unit itself is committed');
      }
    }
  }
}

function unitDoomed(cause: unknown): AppError {
  return new AppError('internal', 'kernel.unit-doomed', 'Part of a unit of work failed and the failure was caught inside it. A unit is kept whole or not at all, so nothing was kept. This is a bug in Atoll: let the error leave db.tx.', { cause });
}
