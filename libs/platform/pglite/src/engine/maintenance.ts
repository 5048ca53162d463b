import { query, dataRowsOf } from '../wire.js';

/** WAL after which a checkpoint lets its files be used again, and the longest time changes wait for one. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024;
const CHECKPOINT_MS = 5 * 60_000;
const VACUUM_MS = 15_000;

/**
 * The table that has most to clean up, by autovacuum's own measure (a fifth of the rows and 50 more), or none. Half a billion transactions
 * after a table's rows were last frozen it is its turn anyway: at two billion Postgres stops writing.
 */
const NEEDY_TABLE = `
  select format('%I.%I', s.schemaname, s.relname) from pg_catalog.pg_stat_all_tables s join pg_catalog.pg_class c on c.oid = s.relid
  where s.schemaname <> 'pg_toast'
    and (s.n_dead_tup > 50 + s.n_live_tup / 5 or s.n_mod_since_analyze > 50 + s.n_live_tup / 5 or age(c.relfrozenxid) > 500000000)
  order by age(c.relfrozenxid) > 500000000 desc, greatest(s.n_dead_tup, s.n_mod_since_analyze) desc limit 1`;

/**
 * What Postgres' background processes do, which this engine has none of: without checkpoints the WAL grows for ever, without vacuum the
 * tables do, and without analyze the planner guesses. One small step at a time, between transactions.
 */
export class Maintenance {
  #checkpointLsn: bigint;
  #checkpointAt: number;
  #vacuumAt: number;

  constructor(private readonly run: (message: Buffer) => Buffer, now: number) {
    this.#checkpointLsn = this.#lsn();
    this.#checkpointAt = now;
    this.#vacuumAt = now;
  }

  step(now: number): void {
    const written = this.#lsn() - this.#checkpointLsn;
    if (written > CHECKPOINT_BYTES || (written > 0n && now - this.#checkpointAt > CHECKPOINT_MS)) {
      this.run(query('checkpoint'));
      this.#checkpointLsn = this.#lsn();
      this.#checkpointAt = now;
    } else if (now - this.#vacuumAt > VACUUM_MS) {
      const table = dataRowsOf(this.run(query(NEEDY_TABLE)))[0]?.[0];
      if (table === undefined) this.#vacuumAt = now;
      else this.run(query(`vacuum (analyze) ${table}`));
    }
  }

  #lsn(): bigint {
    return BigInt(dataRowsOf(this.run(query(`select pg_catalog.pg_current_wal_insert_lsn() - '0/0'`)))[0]?.[0] ?? 0);
  }
}
