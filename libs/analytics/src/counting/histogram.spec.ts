import { bucketOf, middleOf, percentile } from './histogram.js';

describe('the histogram of latencies', () => {
  it('loses at most 2.5 % of any value from 1 ms to a day', () => {
    for (let ms = 1; ms < 86_400_000; ms *= 1.013) {
      expect(Math.abs(middleOf(bucketOf(ms)) - ms) / ms).toBeLessThanOrEqual(0.025);
    }
    expect(bucketOf(0)).toBe(0);
  });

  it('gives percentiles close to the exact ones', () => {
    const values = Array.from({ length: 1_000 }, (_, at) => 20 + at * at * 0.01);
    const counts = values.map((ms) => ({ bucket: bucketOf(ms), count: 1 }));
    for (const share of [0.5, 0.95]) {
      const exact = values[Math.ceil(values.length * share) - 1]!;
      expect(Math.abs(percentile(counts, share)! - exact) / exact).toBeLessThan(0.04);
    }
  });

  it('has none where nothing was measured', () => {
    expect(percentile([], 0.5)).toBeNull();
    expect(percentile([{ bucket: 3, count: 0 }], 0.5)).toBeNull();
  });
});
