/** What the handlers of one transaction may take together: so long its first effects wait for its commit. */
const TOGETHER_MS = 250;
const MOST = 32;
/** Of the last run in the average. */
const WEIGHT = 0.2;

/**
 * How many events of one handler share a transaction: as many as fit into 250 ms by what its runs of late took. A handler begins with one
 * by one, and goes back to it when a group had to be undone.
 */
export class GroupSize {
  private averageMs = TOGETHER_MS;

  get most(): number {
    return Math.max(1, Math.min(MOST, Math.floor(TOGETHER_MS / this.averageMs)));
  }

  took(ms: number): void {
    this.averageMs += (ms - this.averageMs) * WEIGHT;
  }

  undone(): void {
    this.averageMs = TOGETHER_MS;
  }
}
