import type { Db } from '#platform/database';

/**
 * identity: who somebody is · credential: what lets somebody in, hashed or sealed · content: what people wrote or uploaded · activity: what
 * they did, and when · configuration: how something is set · money: what was used and what it costs · derived: computed from other rows
 * and computable again · transit: on its way, gone within days.
 */
type DataClass = 'identity' | 'credential' | 'content' | 'activity' | 'configuration' | 'money' | 'derived' | 'transit';

/**
 * What becomes of a table's rows when their tenant is exported and when it is erased. The platform does both, from this word and the
 * catalogue; a context writes no code for it.
 *
 * - `moves`: is in the tenant's archive, comes back with an import, and is erased with the tenant.
 * - `rebuilt`: is not in the archive, because the context makes it again (it hears `kernel.tenant-arrived`); erased with the tenant.
 * - `stays`: never leaves the deployment (credentials, what is under way); erased with the tenant.
 * - `shared`: has no `tenant_id`, so no tenant takes it along or ends it.
 */
type DataLife = 'moves' | 'rebuilt' | 'stays' | 'shared';

/**
 * What a column says of the person whose id stands in it. `own`: the row is theirs. It is in what they may take along, and is deleted with
 * them, together with the rows that hang from it by a foreign key. `named`: the row is the tenant's (who uploaded, who was charged, who
 * did it); the id stays as a pseudonym, which leads to nobody once the person is erased.
 */
type PersonTie = 'own' | 'named';

/** What a tenant, or the deployment, may set a keeping time for. */
export type RetentionRule = 'conversations' | 'runs' | 'usage' | 'analytics';

/** What one table holds. */
export interface TableData {
  /** Its rows, in words. */
  what: string;
  class: DataClass;
  /** What an export and an erasure of the tenant do with it. A table without it fails the check. */
  life: DataLife;
  /** Columns that hold the id of a person (of a member, or of whoever acted), and whose row it is then. */
  person?: Record<string, PersonTie>;
  /** Where a person's own rows are known by more than a column: an SQL condition over $1, the person's id as text. */
  personWhere?: string;
  /**
   * Rows end this rule's days after the time in the column `by`, where the tenant or the deployment sets days for it; what hangs from them
   * goes too.
   */
  aged?: { rule: RetentionRule; by: string };
  /** Of a table that moves: an SQL condition for the rows that do. Without it all of them. */
  moving?: string;
  /** Of a table that moves: columns that stay behind, and what an import writes in their place. */
  without?: Record<string, string | number | boolean | null>;
  /** Of a table that moves: completes rows that have just arrived, before they are written, outside of any transaction. */
  arriving?: (db: Db, rows: Record<string, unknown>[]) => Promise<void>;
  /** Of a table that moves: its rows are bound to the ids of their tenant (by a hash), so a clone under other ids starts without them. */
  bound?: boolean;
  /** What ends a row while its tenant lives. */
  kept: string;
}

/**
 * Every table of a context, by its name with schema. A table without an entry fails the check: what is not on the map is found by nobody
 * who must export or erase it.
 */
export type DataMap = Record<string, TableData>;

/** Folders of a context's blobs under `<tenant>/<context>/`. An undeclared folder stays, and is erased with its tenant as every blob is. */
export type BlobMap = Record<string, { what: string; life: 'moves' | 'stays' }>;

/** The platform's own tables, which every database holds. */
export const platformDataMap: DataMap = {
  'kernel.delivery': { what: 'events, jobs and schedules that are under way, with who caused them (in their signed text)', class: 'transit',
    life: 'stays', kept: 'until handled; finished jobs for ATOLL_JOB_HISTORY_DAYS, dead letters for ATOLL_DEAD_LETTER_DAYS' },
  'kernel.inbox': { what: 'which messages have been handled', class: 'transit', life: 'stays', kept: 'ATOLL_JOB_HISTORY_DAYS' },
  'kernel.idempotency': { what: 'answers under an Idempotency-Key', class: 'transit', life: 'stays', kept: '24 hours' },
  'kernel.subscription': { what: 'which handler hears which event: of no tenant', class: 'configuration', life: 'shared',
    kept: 'while the code has the handler' },
  'kernel.schedule': { what: 'when each schedule is due next: of no tenant', class: 'configuration', life: 'shared',
    kept: 'while the code has the schedule' },
  'kernel.root_secret': { what: 'a fingerprint of the secret the database was last opened with: of no tenant', class: 'configuration',
    life: 'shared', kept: 'always' },
  'kernel.tenant_parking': { what: 'whether the tenant is suspended, so that its jobs wait', class: 'configuration', life: 'stays',
    kept: 'with the tenant' },
};
