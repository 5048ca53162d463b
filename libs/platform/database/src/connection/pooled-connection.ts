import type pg from 'pg';
import { AppError, currentFlow, type Flow } from '#platform/core';
import { databaseError } from './errors.js';
import type { Opening } from './scoped-query.js';
import { type DbScope, assertSameTenant } from './db-scope.js';
import type { TenantClient } from './tenant-client.js';

/**
 * The right to use one connection for one scope, from checkout to release. Whoever still holds it afterwards gets an error instead of
 * somebody else's connection.
 */
export class PooledConnection {
  private released = false;
  private failure: unknown;
  /** asked: BEGIN travels with the first statement, so that an empty transaction costs nothing. */
  private transaction: 'none' | 'asked' | 'open' = 'none';

  constructor(
    readonly client: TenantClient,
    readonly scope: DbScope,
    private readonly giveBack: (destroy?: boolean) => void,
  ) {}

  /** `flow` is the flow the statement belongs to, which is asked for its tenant at the moment of sending. */
  query(text: string, values: unknown[] = [], flow: Flow | undefined = currentFlow()): Promise<pg.QueryResult> {
    this.assertHeld();
    const result = this.client.run(text, values, () => this.opening(flow));
    return this.transaction === 'none' ? result : this.remembered(result);
  }

  /** Why a transaction cannot commit is the first failure in it, even if somebody caught that. */
  private async remembered(result: Promise<pg.QueryResult>): Promise<pg.QueryResult> {
    try {
      return await result;
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }

  begin(): void {
    this.assertHeld();
    if (this.transaction !== 'none') throw misuse('A transaction was begun twice on one connection.');
    this.transaction = 'asked';
  }

  /** Whether a transaction was begun and not yet closed. */
  get open(): boolean {
    return this.transaction !== 'none';
  }

  /** Postgres answers ROLLBACK without an error when a statement had failed before; here that is an error. */
  async commit(): Promise<void> {
    const { command } = await this.close('COMMIT');
    if (command !== 'COMMIT') throw rolledBack(this.failure);
  }

  async rollback(): Promise<void> {
    await this.close('ROLLBACK');
  }

  /** Back to the pool if the connection is proven clean, else it is destroyed. */
  release(destroy = false): void {
    if (this.released) return;
    this.released = true;
    this.giveBack(destroy || this.client.unfit !== undefined);
  }

  private async close(word: 'COMMIT' | 'ROLLBACK'): Promise<{ command: string }> {
    this.assertHeld();
    const state = this.transaction;
    if (state === 'none') throw misuse('A transaction was closed that was not begun.');
    if (state === 'asked' && this.client.idle) {
      this.transaction = 'none';
      return { command: word };
    }
    try {
      return await this.client.control(word);
    } catch (error) {
      throw word === 'COMMIT' ? commitUnknown(error) : error;
    } finally {
      this.transaction = 'none';
    }
  }

  private opening(flow: Flow | undefined): Opening | undefined {
    assertSameTenant(this.scope, flow);
    if (this.transaction === 'open') {
      if (this.client.transactionStatus === 'I') throw misuse('A transaction ended under its statements.');
      return undefined;
    }
    const begin = this.transaction === 'asked';
    if (begin) this.transaction = 'open';
    return { begin, scope: this.scope };
  }

  private assertHeld(): void {
    if (this.released) throw misuse('A database connection was used after it had been given back.');
  }
}

function misuse(what: string): AppError {
  return new AppError('internal', 'kernel.lease-misuse', `${what} The statement was not sent. This is a bug in Atoll.`);
}

function rolledBack(cause: unknown): AppError {
  return new AppError('internal', 'kernel.rolled-back',
    'A transaction could not be committed because one of its statements had failed before; nothing of it was kept. This is a bug in ' +
      'Atoll: that failure was swallowed.', { cause });
}

function commitUnknown(error: unknown): unknown {
  const mapped = databaseError(error);
  if (!(mapped instanceof AppError) || mapped.code !== 'unavailable') return mapped;
  return new AppError('unavailable', 'kernel.commit-unknown',
    'The connection to the database broke while a change was being committed: it may have been kept or not. Look before you send it again.',
    { cause: error });
}
