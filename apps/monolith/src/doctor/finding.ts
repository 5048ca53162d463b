/** `fault`: a start would fail or data would be at risk. `warning`: it runs, with less than it could. */
export type Level = 'ok' | 'warning' | 'fault';

/** One thing the doctor looked at. */
export interface Finding {
  level: Level;
  /** What was looked at, in a word or two: the left column of the report. */
  area: string;
  says: string;
  /** What to do; every fault and warning has one. */
  mend?: string;
}

/** Findings of one area, in the order they are told. */
export class Findings {
  readonly all: Finding[] = [];

  constructor(private readonly area: string) {}

  ok(says: string): void {
    this.all.push({ level: 'ok', area: this.area, says });
  }

  warning(says: string, mend: string): void {
    this.all.push({ level: 'warning', area: this.area, says, mend });
  }

  fault(says: string, mend: string): void {
    this.all.push({ level: 'fault', area: this.area, says, mend });
  }

  /** Words of an error that name their own remedy. */
  refused(error: unknown): void {
    this.all.push({ level: 'fault', area: this.area, says: plain(error) });
  }
}

/** What a start would have said, without saying that it did not start. */
export function plain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const rest = text.replace(/^Atoll did not start: /, '').replace(/\nNothing was read or written\. Mend them and start again\.$/, '');
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}
