import { EventEmitter } from 'node:events';
import type pg from 'pg';
import { AppError } from '../errors/app-error.js';
import { currentFlow } from '../context/scope.js';
import type { Lease } from './lease.js';
import { sessionOf, unitOf } from './session.js';
import type { TenantPool } from './tenant-pool.js';
import type { Transaction } from './transaction.js';

type Give = (error: unknown, connection?: OrmConnection, release?: (error?: unknown) => void) => void;

/**
 * What TypeORM takes for pg's pool: one context's view of the shared one. A connection comes with that context's role and the tenant of
 * the flow that asks; inside a unit of work it is the unit's, whichever repository asks. Closing it leaves the shared pool open.
 */
export class OrmPool extends EventEmitter {
  constructor(private readonly context: string, private readonly shared: TenantPool) {
    super();
  }

  connect(give: Give): void {
    this.take().then(
      ([connection, release]) => give(undefined, connection, release),
      (error: unknown) => give(error),
    );
  }

  end(done: () => void): void {
    done();
  }

  private async take(): Promise<[OrmConnection, (error?: unknown) => void]> {
    const flow = currentFlow();
    const unit = unitOf(this.context, flow);
    const session = sessionOf(this.context, unit, flow);
    if (unit?.transaction) return [new JoinedConnection(unit.transaction), () => undefined];
    const lease = await this.shared.lease(session);
    return [new OwnConnection(lease), (error) => lease.release(Boolean(error))];
  }
}

/** The few methods of pg's client that TypeORM uses. */
abstract class OrmConnection {
  abstract begin(): Promise<void>;
  abstract commit(): Promise<void>;
  abstract rollback(): Promise<void>;
  abstract send(text: string, values?: unknown[]): Promise<pg.QueryResult>;

  async query(text: unknown, values?: unknown[]): Promise<pg.QueryResult | undefined> {
    if (typeof text !== 'string') throw new AppError('internal', 'kernel.statement-refused', 'Streams and cursors hold a connection outside the wall and are not open. Read in pages. This is a bug in Atoll.');
    switch (text) {
      case 'START TRANSACTION':
        return void (await this.begin());
      case 'COMMIT':
        return void (await this.commit());
      case 'ROLLBACK':
        return void (await this.rollback());
      default:
        return this.send(text, values);
    }
  }

  /** A broken connection fails its statements and is destroyed on release: TypeORM need not hear of it twice. */
  on(): this {
    return this;
  }

  removeListener(): this {
    return this;
  }
}

class OwnConnection extends OrmConnection {
  constructor(private readonly lease: Lease) {
    super();
  }

  override async begin(): Promise<void> {
    this.lease.begin();
  }

  override commit(): Promise<void> {
    return this.lease.commit();
  }

  override rollback(): Promise<void> {
    return this.lease.rollback();
  }

  override send(text: string, values?: unknown[]): Promise<pg.QueryResult> {
    return this.lease.query(text, values);
  }
}

/** TypeORM inside a unit of work: its own small transactions (of `save`) dissolve in the unit, and a roll-back of one dooms it. */
class JoinedConnection extends OrmConnection {
  constructor(private readonly transaction: Transaction) {
    super();
  }

  override async begin(): Promise<void> {}

  override async commit(): Promise<void> {}

  override async rollback(): Promise<void> {
    this.transaction.doom(new Error('a repository rolled back inside the unit'));
  }

  override send(text: string, values?: unknown[]): Promise<pg.QueryResult> {
    return this.transaction.lease.query(text, values);
  }
}
