import { Injectable } from '@nestjs/common';

/**
 * Facts to show beside the status: small numbers and words, never a secret or an address. `degraded: true` is for what the operator should
 * look at while requests are served all the same. Throw to be not ready.
 */
export type ReadinessCheck = () => Promise<Record<string, string | number | boolean> | void>;

/**
 * What must work for this process to be given requests. Parts of the platform and contexts add their own check at start.
 * @example `readiness.add('delivery', async () => ({ waiting: await store.waiting() }));`
 */
@Injectable()
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();

  add(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  all(): [string, ReadinessCheck][] {
    return [...this.checks];
  }
}
