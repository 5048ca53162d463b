import type { DataSource, EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import { AppError, currentFlow, type Flow, logger, newId, newTraceparent, runInFlow } from '#platform/core';
import { Db } from './db.js';
import type { ServerFacts } from './migration.js';
import { JoinedConnection, type OrmConnection, OwnConnection, walledDataSource } from './orm.js';
import type { Replica } from './replica.js';
import { type Unit, sessionOf, systemSession, unitOf } from './session.js';
import type { TenantPool } from './tenant-pool.js';
import { Transaction } from './transaction.js';

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
    const unit = unitOf(this.context, flow);
    const session = sessionOf(this.context, unit, flow);
    if (unit?.transaction) return (await unit.transaction.lease.query(sql, params, flow)).rows as R[];
    const lease = await this.pool.lease(session);
    try {
      return (await lease.query(sql, params)).rows as R[];
    } finally {
      lease.release();
    }
  }

  override async readStale<R = Record<string, unknown>>(sql: string, params: unknown[] = []): Promise<R[]> {
    const flow = currentFlow();
    const unit = unitOf(this.context, flow);
    if (!this.replica?.fresh || unit?.transaction) return this.query(sql, params);
    const session = sessionOf(this.context, unit, flow);
    try {
      const lease = await this.replica.lease(session);
      try {
        return (await lease.query(sql, params)).rows as R[];
      } finally {
        lease.release();
      }
    } catch {
      // Away, in conflict with what it replays, or a migration behind: the primary knows, also whether the statement is at fault.
      return this.query(sql, params);
    }
  }

  override async tx<T>(work: () => Promise<T>): Promise<T> {
    const flow = currentFlow();
    const unit = unitOf(this.context, flow);
    const session = sessionOf(this.context, unit, flow);
    if (unit?.transaction) return unit.transaction.join(work);
    const transaction = new Transaction(await this.pool.lease(session));
    return transaction.run(this.context, () => this.within({ session, transaction }, work));
  }

  override afterCommit(work: () => void): void {
    const transaction = unitOf(this.context, currentFlow())?.transaction;
    if (transaction) transaction.afterCommit(work);
    else work();
  }

  override async system<T>(reason: string, work: () => Promise<T>): Promise<T> {
    const session = systemSession(this.context);
    const unit = unitOf(this.context, currentFlow());
    if (unit?.transaction) {
      if (unit.session.role !== session.role) throw systemInsideTenant();
      return unit.transaction.join(work);
    }
    log.trace({ systemOf: this.context, reason }, 'system work');
    return this.within({ session }, work);
  }

  private async connection(): Promise<OrmConnection> {
    const flow = currentFlow();
    const unit = unitOf(this.context, flow);
    const session = sessionOf(this.context, unit, flow);
    return unit?.transaction ? new JoinedConnection(unit.transaction) : new OwnConnection(await this.pool.lease(session));
  }

  /** Runs `work` in a flow of its own that carries the unit: what runs beside it in the outer flow does not see it. */
  private async within<T>(opened: Pick<Unit, 'session' | 'transaction'>, work: () => Promise<T>): Promise<T> {
    const flow: Flow = currentFlow() ?? { requestId: newId(), traceparent: newTraceparent() };
    const unit: Unit = { context: this.context, outer: flow.unit as Unit | undefined, over: false, ...opened };
    try {
      return await runInFlow({ ...flow, unit }, work);
    } finally {
      unit.over = true;
    }
  }
}

function systemInsideTenant(): AppError {
  return new AppError('internal', 'kernel.system-inside-tenant', 'System work was asked for inside a tenant\'s unit of work. Commit first: one unit belongs to one tenant. This is a bug in Atoll; nothing was sent.');
}
