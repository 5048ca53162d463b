import { environment } from '#platform/core';

/** Random numbers that are the same for the same seed, on every machine (mulberry32). */
export class Chance {
  private state: number;

  constructor(readonly seed: string) {
    // FNV-1a: seeds that differ in one character have nothing in common.
    this.state = [...seed].reduce((hash, letter) => Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193), 0x811c9dc5);
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.between(0, list.length - 1)]!;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    return list.map(() => rest.splice(this.between(0, rest.length - 1), 1)[0]!);
  }

  /** Chance of its own for a part, so that what one draws does not move what another gets. */
  of(part: string): Chance {
    return new Chance(`${this.seed}/${part}`);
  }
}

/** What is sampled in a run of the specs is drawn from this: ATOLL_SEED, another one each run and told at its end, repeats it. */
export function chanceOfRun(part: string): Chance {
  return new Chance(environment().ATOLL_SEED ?? 'atoll').of(part);
}
