import type { ContextWiring } from '#platform/runtime';
import type { Office } from './office.js';

/** One database, and the processes that work on it: what an implementation of delivery brings to be judged. */
export interface DeliveryHarness {
  open(wirings: ContextWiring[], env?: Record<string, string>): Promise<Office>;
  close(): Promise<void>;
}

export type MakeHarness = () => Promise<DeliveryHarness>;
