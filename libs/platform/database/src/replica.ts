import type pg from 'pg';
import { AppError, logger, metrics } from '#platform/core';
import type { PooledConnection } from './connection/pooled-connection.js';
import { systemScope, type DbScope } from './connection/db-scope.js';
import { type PoolLimits, TenantPool } from './connection/tenant-pool.js';

export interface ReplicaTarget {
  config: pg.ClientConfig;
  /** One that is further behind is not asked. */
  maxLagMs: number;
}

const EVERY_MS = 1_000;
const AGAIN_MS = 5_000;

const WRITTEN = `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as at`;
const REPLAYED = `select pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::float8 as at`;
const WHO = `select system_identifier::text || '/' || (select oid from pg_database where datname = current_database()) as id, ` +
  `pg_is_in_recovery() as standby from pg_control_system()`;

const log = logger('kernel');

/**
 * A standby of the main database, for what may be some seconds old. It is never waited for and never trusted more than the primary: it is
 * asked only once its login and its wall are proven like a start proves the primary's, and while it is known to be no further behind than
 * allowed.
 */
export class Replica {
  private pool: TenantPool | undefined;
  /** Where the primary's log was at which time; the first is the newest that the replica is known to have replayed. */
  private marks: { lsn: number; at: number }[] = [];
  private freshUntil = 0;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private told = '';

  constructor(
    private readonly target: ReplicaTarget,
    private readonly limits: PoolLimits,
    private readonly primary: TenantPool,
    private readonly prove: (config: pg.ClientConfig) => Promise<unknown>,
  ) {
    metrics.gauge('atoll_database_replica_fresh', 'Whether the read replica may be asked: 1, or 0 where it is away or too far behind',
      () => (this.fresh ? 1 : 0));
    void this.watch();
  }

  /** Whether it may be asked now. */
  get fresh(): boolean {
    return this.pool !== undefined && Date.now() < this.freshUntil;
  }

  checkout(scope: DbScope): PooledConnection | Promise<PooledConnection> {
    return this.pool!.checkout(scope);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.pool?.close();
  }

  private async watch(): Promise<void> {
    let next = EVERY_MS;
    try {
      if (!this.pool) await this.open();
      await this.look();
    } catch (error) {
      next = AGAIN_MS;
      this.marks = [];
      this.freshUntil = 0;
      const { message } = error as Error;
      if (message !== this.told) log.warn({ err: error as Error }, 'the read replica is not asked; reads go to the primary');
      this.told = message;
      const { pool } = this;
      this.pool = undefined;
      await pool?.close(0);
    }
    if (this.closed) await this.pool?.close(0);
    else this.timer = setTimeout(() => void this.watch(), next).unref();
  }

  private async open(): Promise<void> {
    await this.prove(this.target.config);
    const pool = new TenantPool(this.target.config, this.limits);
    try {
      const [there] = await asked<{ id: string; standby: boolean }>(pool, WHO);
      const [here] = await asked<{ id: string }>(this.primary, WHO);
      if (there!.id !== here!.id) throw notOurs('to a database that is no copy of that of DATABASE_URL');
      if (!there!.standby) throw notOurs('to a server that is no standby, and takes writes of its own');
    } catch (error) {
      await pool.close(0);
      throw error;
    }
    this.pool = pool;
    this.told = '';
  }

  /**
   * Not the standby's own clock or its last transaction: where the stream from the primary is cut, it believes to be up to date, and on a
   * silent primary to be far behind.
   */
  private async look(): Promise<void> {
    const at = Date.now();
    const [written] = await asked<{ at: number }>(this.primary, WRITTEN);
    this.marks.push({ lsn: written!.at, at });
    const [replayed] = await asked<{ at: number }>(this.pool!, REPLAYED);
    while (this.marks[1] && this.marks[1].lsn <= replayed!.at) this.marks.shift();
    if (this.marks.length > 1 && this.marks[0]!.at < at - 2 * this.target.maxLagMs) this.marks.shift();
    const [newest] = this.marks;
    this.freshUntil = newest!.lsn <= replayed!.at ? newest!.at + this.target.maxLagMs : 0;
  }
}

async function asked<R>(pool: TenantPool, sql: string): Promise<R[]> {
  const connection = await pool.checkout(systemScope('kernel'));
  try {
    return (await connection.query(sql, [], undefined)).rows as R[];
  } finally {
    connection.release();
  }
}

function notOurs(what: string): AppError {
  return new AppError('invalid', 'kernel.replica', `ATOLL_DATABASE_REPLICA_URL leads ${what}, so it is not asked. Point it at a hot ` +
    `standby of DATABASE_URL's server, same database and login.`);
}
