/** One measured line: `ratio` is against the peer named in the label or note, taken in the same run. */
export interface BenchRow {
  label: string;
  /** Operations (or requests, events, questions) measured. */
  n: number;
  perSecond?: number;
  /** Milliseconds. */
  p50?: number;
  p99?: number;
  /** CPU microseconds of the subject's process per operation. */
  cpuMicros?: number;
  ratio?: number;
  /** Quality, 0..1, where that is what is measured. */
  score?: number;
  /** Resident memory in MB. */
  megabytes?: number;
}

export interface BenchResult {
  name: string;
  goal: string;
  rows: BenchRow[];
  met: boolean;
  /** Where a goal is missed: by how much, and what the limit is. */
  note: string;
}

export interface BenchOptions {
  json: boolean;
  /** `bus` over several processes. */
  split: boolean;
}
