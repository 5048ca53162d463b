/**
 * identity: who somebody is · credential: what lets somebody in, hashed or sealed · content: what people wrote or uploaded · activity: what
 * they did, and when · configuration: how something is set · money: what was used and what it costs · derived: computed from other rows
 * and computable again · transit: on its way, gone within days.
 */
export type DataClass = 'identity' | 'credential' | 'content' | 'activity' | 'configuration' | 'money' | 'derived' | 'transit';

/** What one table holds. */
export interface TableData {
  /** Its rows, in words. */
  what: string;
  class: DataClass;
  /** Columns that hold the id of a person (of a member, or of whoever acted). */
  person?: string[];
  /** What ends a row while its tenant lives. */
  kept: string;
}

/** Every table of a context, by its name with schema. A table without an entry fails the check: what is not on the map is found by nobody who must export or erase it. */
export type DataMap = Record<string, TableData>;

/** The kernel's own tables, which every database holds. */
export const kernelDataMap: DataMap = {
  'kernel.delivery': { what: 'events, jobs and schedules that are under way, with who caused them (in their signed text)', class: 'transit', kept: 'until handled; finished jobs for ATOLL_JOB_HISTORY_DAYS, dead letters for ATOLL_DEAD_LETTER_DAYS' },
  'kernel.inbox': { what: 'which messages have been handled', class: 'transit', kept: 'ATOLL_JOB_HISTORY_DAYS' },
  'kernel.idempotency': { what: 'answers under an Idempotency-Key', class: 'transit', kept: '24 hours' },
  'kernel.subscription': { what: 'which handler hears which event: of no tenant', class: 'configuration', kept: 'while the code has the handler' },
  'kernel.schedule': { what: 'when each schedule is due next: of no tenant', class: 'configuration', kept: 'while the code has the schedule' },
};
