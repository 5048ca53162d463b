import { AppError, assertPlain, current, newId, runAs, type Scope, type Secrets } from '#platform/core';
import type { Db } from '#platform/database';
import type { EventDefinition } from '../api/define-event.js';
import { Events } from '../api/events.js';
import { contextOf } from '../api/message-name.js';
import { directHandlers } from './direct-handlers.js';
import { type Sealed, seal } from './envelope.js';
import { type CommittedRow, type LocalEmitter, messagesCommitted } from './local-emitter.js';
import { PUBLISH } from './outbox.sql.js';

/** Bounds one statement. Its parameters are arrays, so its text is the same for any number of events. */
const MOST_AT_ONCE = 500;

interface Waiting {
  message: Sealed;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * `Events` of one context over its own database. Inside a transaction each publish is one statement of it. Outside, publishes of one
 * tenant that are made while a statement is under way travel together in the next one: a multi-row insert costs little more than a single
 * one, and each caller still waits for its own commit. Once committed, the rows go to the relay of this process.
 */
export class Publisher extends Events {
  /** Per tenant, while a statement is under way: what goes next. */
  private readonly underWay = new Map<string, Waiting[]>();

  constructor(
    private readonly context: string,
    private readonly db: Db,
    private readonly secrets: Secrets,
    private readonly emitter: LocalEmitter,
  ) {
    super();
  }

  override async publish<T extends object>(event: Pick<EventDefinition<T>, 'name' | 'version'>, data: T): Promise<void> {
    await this.publishAll(event, [data]);
  }

  override async publishAll<T extends object>(event: Pick<EventDefinition<T>, 'name' | 'version'>, data: T[]): Promise<void> {
    assertOwn(this.context, event.name, 'publish');
    const scope = current();
    const messages = data.map((one) => {
      assertPlain(one, event.name);
      return seal(this.secrets, newId(), event, scope, one);
    });
    if (!this.db.inTransaction) await Promise.all(messages.map((message) => this.together(scope, message)));
    else if (messages.length > 0) {
      const rows = await this.insert(scope.tenantId, messages);
      this.db.afterCommit(() => this.committed(rows));
    }
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
        this.committed(await this.insert(tenantId, batch.map(({ message }) => message)));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.underWay.delete(tenantId);
  }

  private async insert(tenantId: string, messages: Sealed[]): Promise<CommittedRow[]> {
    const rows = await this.db.query<Omit<CommittedRow, 'tenantId'>>(PUBLISH, [
      tenantId,
      messages.map((one) => one.messageId),
      messages.map((one) => one.name),
      messages.map((one) => one.version),
      messages.map((one) => one.body),
      messages.map((one) => one.signature),
      directHandlers(this.db.server),
    ]);
    return rows.map((row) => ({ ...row, tenantId }));
  }

  private committed(rows: CommittedRow[]): void {
    if (rows.length > 0) this.emitter.emit(messagesCommitted, { server: this.db.server, rows });
  }
}

/** A fact is told by whom it belongs to; an order goes to one's own house. Another context is asked through its contract. */
export function assertOwn(context: string, name: string, verb: 'publish' | 'add'): void {
  const owner = contextOf(name);
  if (owner !== context) {
    throw new AppError(
      'internal',
      'kernel.not-own-message',
      `${context} tried to ${verb} ${name}, which belongs to ${owner}. Call that context's contract instead. This is a bug in Atoll.`,
    );
  }
}
