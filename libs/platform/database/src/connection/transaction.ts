import { AppError, logger } from '#platform/core';
import type { PooledConnection } from './pooled-connection.js';

/** Transactions held longer than this are logged: on the embedded engine everybody else has been waiting all that time. */
const LONG_TRANSACTION_MS = 5_000;

const log = logger('kernel');

/** One open transaction: its connection, its fate and what runs once it is committed. */
export class Transaction {
  private doomed: { cause: unknown } | undefined;
  private readonly after: (() => void)[] = [];

  constructor(readonly connection: PooledConnection) {
    connection.begin();
  }

  /** Runs the opener's work to its end. `context` is for the log alone, which hears of one that is held for longer than `longMs`. */
  async run<T>(context: string, work: () => Promise<T>, longMs = LONG_TRANSACTION_MS): Promise<T> {
    const opened = Date.now();
    const watchdog = setTimeout(
      () => log.warn({ transactionOf: context, heldMs: longMs }, 'a transaction is held for long: something slow runs inside db.tx'),
      longMs,
    ).unref();
    try {
      return await this.decide(work);
    } finally {
      clearTimeout(watchdog);
      const heldMs = Date.now() - opened;
      if (heldMs >= longMs) log.warn({ transactionOf: context, heldMs }, 'a transaction was held for long');
    }
  }

  private async decide<T>(work: () => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await work();
      if (this.doomed) throw transactionDoomed(this.doomed.cause);
      await this.connection.commit();
    } catch (error) {
      await this.abandon();
      throw error;
    } finally {
      this.connection.release();
    }
    this.runAfter();
    return result;
  }

  /** A joined piece of work failed: the transaction cannot commit any more, whoever catches the error on the way. */
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
    if (this.connection.open) await this.connection.rollback().catch(() => this.connection.release(true));
  }

  private runAfter(): void {
    for (const work of this.after) {
      try {
        work();
      } catch (error) {
        log.error({ error }, 'afterCommit work threw; the transaction itself is committed');
      }
    }
  }
}

function transactionDoomed(cause: unknown): AppError {
  return new AppError('internal', 'kernel.unit-doomed',
    'Part of a unit of work failed and the failure was caught inside it. A unit is kept whole or not at all, so nothing was kept. This ' +
      'is a bug in Atoll: let the error leave db.tx.', { cause });
}
