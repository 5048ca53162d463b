/** Each bucket is 5 % wider than the one before, so its middle is within 2.5 % of every value in it, from 1 ms to hours. */
const GROWTH = Math.log(1.05);

export function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.ceil(Math.log(ms) / GROWTH);
}

/** The geometric middle of a bucket. */
export function middleOf(bucket: number): number {
  return bucket === 0 ? 1 : Math.exp((bucket - 0.5) * GROWTH);
}

/** The value below which `share` of all lie; null when there are none. */
export function percentile(counts: { bucket: number; count: number }[], share: number): number | null {
  const sorted = counts.filter(({ count }) => count > 0).sort((a, b) => a.bucket - b.bucket);
  const total = sorted.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { bucket, count } of sorted) {
    seen += count;
    if (seen >= total * share) return Math.round(middleOf(bucket));
  }
  return null;
}
