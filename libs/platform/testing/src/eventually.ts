import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats `assertion` until it stops throwing, and returns what it returned; after `timeoutMs` (default 10,000) it throws the last
 * error. Instead of sleeping and hoping: fast when things are fast, patient when a shared machine is slow.
 */
export async function eventually<T>(assertion: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 20 }: { timeoutMs?: number; everyMs?: number } = {}): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(everyMs);
    }
  }
}
