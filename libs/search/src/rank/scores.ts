/** Scores by passage number. Numbers are small and dense, so an array serves where a Map would cost ten times as much. */
export class Scores {
  private readonly values: Float64Array;

  constructor(highest: number) {
    this.values = new Float64Array(highest + 1);
  }

  add(number: number, score: number): void {
    this.values[number]! += score;
  }

  get(number: number): number {
    return this.values[number] ?? 0;
  }

  /** The `limit` numbers of the highest scores, of those `allowed` lets through; equal ones in the order of their numbers. */
  best(limit: number, allowed?: ReadonlySet<number>): number[] {
    const kept: number[] = [];
    let worst = 0;
    for (let number = 0; number < this.values.length; number++) {
      const score = this.values[number]!;
      if (score === 0 || (kept.length === limit && score <= worst) || (allowed && !allowed.has(number))) continue;
      let at = kept.length;
      while (at > 0 && this.values[kept[at - 1]!]! < score) at--;
      kept.splice(at, 0, number);
      if (kept.length > limit) kept.pop();
      worst = this.values[kept.at(-1)!]!;
    }
    return kept;
  }
}
