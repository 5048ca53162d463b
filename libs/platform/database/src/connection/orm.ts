import { DataSource, DefaultNamingStrategy, type EntityTarget, type ObjectLiteral, QueryResult,
  QueryRunnerAlreadyReleasedError } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner.js';
import type pg from 'pg';
import { AppError } from '#platform/core';
import type { PooledConnection } from './pooled-connection.js';
import type { Transaction } from './transaction.js';

/** Where TypeORM's statements go: a connection for the running flow, or the open transaction's. */
type TakeConnection = () => Promise<OrmConnection>;

/** TypeORM over the wall, for the entities of one context. It opens no connection of its own. */
export function walledDataSource(entities: EntityTarget<ObjectLiteral>[], take: TakeConnection): DataSource {
  const source = new DataSource({
    type: 'postgres',
    driver: { Pool: NoPool },
    entities: entities as never,
    namingStrategy: new SnakeNaming(),
    synchronize: false,
    migrationsRun: false,
    installExtensions: false,
    logging: false,
  });
  const driver = source.driver as unknown as PostgresDriver;
  driver.createQueryRunner = (mode) => new WalledQueryRunner(driver, mode, take);
  return source;
}

/** `createdAt` is the column created_at, so that an entity names only what is called otherwise. */
class SnakeNaming extends DefaultNamingStrategy {
  override columnName(property: string, custom: string | undefined): string {
    return custom ?? property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }
}

/** The driver asks for a pool when it starts; its query runners never do. */
class NoPool {
  on(): void {}

  connect(give: (error: undefined, connection: object, release: () => void) => void): void {
    give(undefined, {}, () => undefined);
  }

  end(done: () => void): void {
    done();
  }
}

/**
 * TypeORM's runner with its way to the database put in order: errors arrive as Postgres or the wall threw them, and what nobody listens
 * to (query log, subscribers of every query) is not paid for.
 */
class WalledQueryRunner extends PostgresQueryRunner {
  private taking?: Promise<OrmConnection>;

  constructor(driver: PostgresDriver, mode: 'master' | 'slave', private readonly take: TakeConnection) {
    super(driver, mode);
  }

  override connect(): Promise<OrmConnection> {
    return (this.taking ??= this.take());
  }

  override async query(text: string, values?: unknown[], structured = false): Promise<never> {
    if (this.isReleased) throw new QueryRunnerAlreadyReleasedError();
    const connection = await this.connect();
    return answer(await connection.query(text, values), structured) as never;
  }

  override async stream(): Promise<never> {
    throw new AppError('internal', 'kernel.statement-refused',
      'Streams and cursors hold a connection outside the wall and are not open. Read in pages. This is a bug in Atoll.');
  }

  override async release(): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    if (this.taking) (await this.taking.catch(() => undefined))?.release();
  }
}

/** The shapes that TypeORM's builders expect of a driver. */
function answer(result: pg.QueryResult | undefined, structured: boolean): unknown {
  if (!result) return structured ? new QueryResult() : undefined;
  const raw = result.command === 'DELETE' || result.command === 'UPDATE' ? [result.rows, result.rowCount] : result.rows;
  return structured ? Object.assign(new QueryResult(), { records: result.rows, affected: result.rowCount ?? undefined, raw }) : raw;
}

/** What a query runner holds: TypeORM's words for transactions, and one statement at a time. */
export abstract class OrmConnection {
  protected abstract begin(): void;
  protected abstract commit(): Promise<void>;
  protected abstract rollback(): Promise<void>;
  protected abstract send(text: string, values?: unknown[]): Promise<pg.QueryResult>;
  abstract release(): void;

  async query(text: string, values?: unknown[]): Promise<pg.QueryResult | undefined> {
    switch (text) {
      case 'START TRANSACTION':
        return void this.begin();
      case 'COMMIT':
        return void (await this.commit());
      case 'ROLLBACK':
        return void (await this.rollback());
      default:
        return this.send(text, values);
    }
  }
}

/** Outside a transaction: a connection for this runner alone. */
export class OwnConnection extends OrmConnection {
  constructor(private readonly connection: PooledConnection) {
    super();
  }

  protected override begin(): void {
    this.connection.begin();
  }

  protected override commit(): Promise<void> {
    return this.connection.commit();
  }

  protected override rollback(): Promise<void> {
    return this.connection.rollback();
  }

  protected override send(text: string, values?: unknown[]): Promise<pg.QueryResult> {
    return this.connection.query(text, values);
  }

  override release(): void {
    this.connection.release();
  }
}

/** Inside one: TypeORM's own small transactions (of `save`) dissolve in the open one, and a roll-back of one dooms that. */
export class JoinedConnection extends OrmConnection {
  constructor(private readonly transaction: Transaction) {
    super();
  }

  protected override begin(): void {}

  protected override async commit(): Promise<void> {}

  protected override async rollback(): Promise<void> {
    this.transaction.doom(new Error('a repository rolled back inside the transaction'));
  }

  protected override send(text: string, values?: unknown[]): Promise<pg.QueryResult> {
    return this.transaction.connection.query(text, values);
  }

  override release(): void {}
}
