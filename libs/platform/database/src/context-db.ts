import type { DataSource, EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import { AppError, currentFlow, type Flow, logger, newId, newTraceparent, runInFlow } from '#platform/core';
import { Db } from './db.js';
import type { ServerFacts } from './schema/migration.js';
import { JoinedConnection, type OrmConnection, OwnConnection, walledDataSource } from './connection/orm.js';
import type { Replica } from './replica.js';
import { systemScope } from './connection/db-scope.js';
import { openWorkOf, scopeOf, type WorkFrame } from './connection/work-frame.js';
import type { TenantPool } from './connection/tenant-pool.js';
import { Transaction } from './connection/transaction.js';

const log = logger('kernel');

/** `Db` of one context on the pool of its database. */
export class ContextDb extends Db {
  private readonly source: DataSource;

  constructor(
    readonly context: string,
    private readonly pool: TenantPool,
    readonly server: ServerFacts,
    entities: EntityTarget<ObjectLiteral>[],
    private readonly replica?: Replica,
  ) {
    super();
    this.source = walledDataSource(entities, () => this.connection());
  }

  /** TypeORM asks the server a few questions about itself first. */
  async open(): Promise<this> {
    await this.system('TypeORM asks for the version of the server', () => this.source.initialize());
    return this;
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }

  override repo<E extends ObjectLiteral>(entity: EntityTarget<E>): Repository<E> {
    return this.source.getRepository(entity);
  }

  override async query<R = Record<string, unknown>>(sql: string, params: unknown[] = []): Promise<R[]> {
    const flow = currentFlow();
    const frame = openWorkOf(this.context, flow);
    const scope = scopeOf(this.context, frame, flow);
    if (frame?.transaction) return (await frame.transaction.connection.query(sql, params, flow)).rows as R[];
    const connection = await this.pool.checkout(scope);
    try {
      return (await connection.query(sql, params)).rows as R[];
    } finally {
      connection.release();
    }
  }

  override async readStale<R = Record<string, unknown>>(sql: string, params: unknown[] = []): Promise<R[]> {
    const flow = currentFlow();
    const frame = openWorkOf(this.context, flow);
    if (!this.replica?.fresh || frame?.transaction) return this.query(sql, params);
    const scope = scopeOf(this.context, frame, flow);
    try {
      const connection = await this.replica.checkout(scope);
      try {
        return (await connection.query(sql, params)).rows as R[];
      } finally {
        connection.release();
      }
    } catch {
      // Away, in conflict with what it replays, or a migration behind: the primary knows, also whether the statement is at fault.
      return this.query(sql, params);
    }
  }

  override async tx<T>(work: () => Promise<T>): Promise<T> {
    const flow = currentFlow();
    const frame = openWorkOf(this.context, flow);
    const scope = scopeOf(this.context, frame, flow);
    if (frame?.transaction) return frame.transaction.join(work);
    const transaction = new Transaction(await this.pool.checkout(scope));
    return transaction.run(this.context, () => this.within({ scope, transaction }, work));
  }

  override get inTransaction(): boolean {
    return openWorkOf(this.context, currentFlow())?.transaction !== undefined;
  }

  override afterCommit(work: () => void): void {
    const transaction = openWorkOf(this.context, currentFlow())?.transaction;
    if (transaction) transaction.afterCommit(work);
    else work();
  }

  override async system<T>(reason: string, work: () => Promise<T>): Promise<T> {
    const scope = systemScope(this.context);
    const frame = openWorkOf(this.context, currentFlow());
    if (frame?.transaction) {
      if (frame.scope.role !== scope.role) throw systemInsideTenant();
      return frame.transaction.join(work);
    }
    log.trace({ systemOf: this.context, reason }, 'system work');
    return this.within({ scope }, work);
  }

  private async connection(): Promise<OrmConnection> {
    const flow = currentFlow();
    const frame = openWorkOf(this.context, flow);
    const scope = scopeOf(this.context, frame, flow);
    return frame?.transaction ? new JoinedConnection(frame.transaction) : new OwnConnection(await this.pool.checkout(scope));
  }

  /** Runs `work` in a flow of its own that carries the frame: what runs beside it in the outer flow does not see it. */
  private async within<T>(opened: Pick<WorkFrame, 'scope' | 'transaction'>, work: () => Promise<T>): Promise<T> {
    const flow: Flow = currentFlow() ?? { requestId: newId(), traceparent: newTraceparent() };
    const frame: WorkFrame = { context: this.context, outer: flow.work as WorkFrame | undefined, over: false, ...opened };
    try {
      return await runInFlow({ ...flow, work: frame }, work);
    } finally {
      frame.over = true;
    }
  }
}

function systemInsideTenant(): AppError {
  return new AppError('internal', 'kernel.system-inside-tenant',
    'System work was asked for inside a tenant\'s unit of work. Commit first: one unit belongs to one tenant. This is a bug in Atoll; ' +
      'nothing was sent.');
}
