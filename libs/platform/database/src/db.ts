import type { EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import type { ServerFacts } from './schema/migration.js';

/**
 * One context's only way to its tables. Every statement runs under the context's own Postgres role and the current tenant, set in the
 * statement's own round trip below TypeORM: nothing here can be forgotten, and without a tenant nothing is sent.
 *
 * Errors: what Postgres says about the data stays Postgres' own (`isUniqueViolation(error)`); everything that means "not now" is an
 * AppError `unavailable`, a statement over its time limit is `deadline`.
 */
export abstract class Db {
  /** What the server under this context can do; `vector` decides between pgvector and exact scoring. */
  abstract readonly server: ServerFacts;

  /** TypeORM's repository of one of this context's entities. Inside `tx` its statements are part of it, wherever it was obtained. */
  abstract repo<E extends ObjectLiteral>(entity: EntityTarget<E>): Repository<E>;

  /** One SQL statement behind the same wall. Name every table with its schema. Buffers travel as binary parameters. */
  abstract query<R = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<R[]>;

  /** The first row of it, if there is one. */
  async queryOne<R = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<R | undefined> {
    return (await this.query<R>(sql, params))[0];
  }

  /**
   * One SELECT that may be answered by a read replica some seconds behind (ATOLL_DATABASE_REPLICA_URL), behind the same wall. For lists and
   * counts that nobody acts upon the moment they changed them. The primary answers where there is no replica, where it is away or too far
   * behind, and inside `tx`.
   */
  abstract readStale<R = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<R[]>;

  /**
   * A transaction: all statements inside commit together or not at all. Joins an open one of the same context, and only the opener
   * commits. A throw inside dooms the whole, also when an outer caller catches it. No HTTP, model call, stream, or call into
   * another context inside: on the embedded engine an open one stops everybody else.
   */
  abstract tx<T>(work: () => Promise<T>): Promise<T>;

  /** Whether a statement now would be part of an open transaction. */
  abstract get inTransaction(): boolean;

  /** Runs once the open transaction has committed, never if it is rolled back; at once when none is open. Must not throw. */
  abstract afterCommit(work: () => void): void;

  /**
   * Work for no tenant or all of them, under the role `atoll_<context>_system`, which sees only tables with a `systemPolicy`.
   * `reason` is for the log. Wins over a tenant in the flow; ends with `work`.
   */
  abstract system<T>(reason: string, work: () => Promise<T>): Promise<T>;

  /** One statement of such work. */
  systemQuery<R = Record<string, unknown>>(reason: string, sql: string, params?: unknown[]): Promise<R[]> {
    return this.system(reason, () => this.query<R>(sql, params));
  }
}
