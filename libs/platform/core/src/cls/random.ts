import { randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafeSlow(8192);
let used = pool.length;

/**
 * Random bytes for ids, as hex or raw, out of a pool: asking the operating system for sixteen at a time costs 2 us and more, and a
 * request needs three ids before it does anything. Not for keys and tokens, which take theirs from node:crypto directly.
 */
export function randomHex(bytes: number): string {
  const at = take(bytes);
  return pool.toString('hex', at, at + bytes);
}

export function randomInto(target: Buffer): void {
  const at = take(target.length);
  pool.copy(target, 0, at, at + target.length);
}

/** No byte is given out twice. */
function take(bytes: number): number {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}
