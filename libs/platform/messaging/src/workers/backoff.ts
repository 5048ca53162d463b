const LONGEST_MS = 3_600_000;

/** Pause after try `attempt`: doubles each time up to one hour, +-20 % so that what failed together does not come back together. */
export function backoff(attempt: number, firstMs: number, random: () => number = Math.random): number {
  const pause = Math.min(LONGEST_MS, firstMs * 2 ** (attempt - 1));
  return pause * (0.8 + 0.4 * random());
}
