import { AppError, assertPlain, current, newId, runAs, type Scope, type Secrets } from '#platform/core';
import type { Db } from '#platform/database';
import { PUBLISH } from './delivery.sql.js';
import { type Sealed, seal } from './envelope.js';
import { contextOf } from './message-name.js';
import { type Signals, messagesCommitted } from './signals.js';

/** Bounds one statement. Its parameters are arrays, so its text is the same for any number of events. */
const MOST_AT_ONCE = 500;

interface Waiting {
  message: Sealed;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Writes one context's events. Inside a transaction each publish is one statement of it. Outside, publishes of one tenant that are made
 * while a statement is under way travel together in the next one: a multi-row insert costs little more than a single one, and each
 * caller still waits for its own commit.
 */
export class Publisher {
  /** Per tenant, while a statement is under way: what goes next. */
  private readonly underWay = new Map<string, Waiting[]>();

  constructor(
    private readonly context: string,
    private readonly db: Db,
    private readonly secrets: Secrets,
    private readonly signals: Signals,
  ) {}

  async publish(definition: { name: string; version: number }, data: unknown): Promise<void> {
    assertOwn(this.context, definition.name, 'publish');
    assertPlain(data, definition.name);
    const scope = current();
    const message = seal(this.secrets, newId(), definition, scope, data);
    const wake = (): void => this.signals.emit(messagesCommitted, { names: [definition.name], dueAt: 0 });
    if (afterCommit(this.db, wake)) return this.insert(scope.tenantId, [message]);
    await this.together(scope, message);
    wake();
  }

  private together(scope: Scope, message: Sealed): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.underWay.get(scope.tenantId);
      const one = { message, resolve, reject };
      if (waiting) waiting.push(one);
      else void runAs(scope, () => this.drain(scope.tenantId, [one]));
    });
  }

  private async drain(tenantId: string, waiting: Waiting[]): Promise<void> {
    this.underWay.set(tenantId, waiting);
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MOST_AT_ONCE);
      try {
        await this.insert(tenantId, batch.map(({ message }) => message));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.underWay.delete(tenantId);
  }

  private async insert(tenantId: string, messages: Sealed[]): Promise<void> {
    await this.db.query(PUBLISH, [
      tenantId,
      messages.map((one) => one.messageId),
      messages.map((one) => one.name),
      messages.map((one) => one.version),
      messages.map((one) => one.body),
      messages.map((one) => one.signature),
    ]);
  }
}

/** True inside a transaction, which then runs `work` when it has committed; outside one there is nothing to wait for. */
export function afterCommit(db: Db, work: () => void): boolean {
  let asking = true;
  let open = true;
  db.afterCommit(() => {
    if (asking) open = false;
    else work();
  });
  asking = false;
  return open;
}

/** A fact is told by whom it belongs to; an order goes to one's own house. Another context is asked through its contract. */
export function assertOwn(context: string, name: string, verb: 'publish' | 'add'): void {
  if (contextOf(name) !== context) {
    throw new AppError('internal', 'kernel.not-own-message', `${context} tried to ${verb} ${name}, which belongs to ${contextOf(name)}. Call that context's contract instead. This is a bug in Atoll.`);
  }
}
