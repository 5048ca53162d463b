import type { Batch } from '../outbox/outbox.store.js';

/** What a queue holds: ids. The rows they name are the truth, and hold the content. */
export interface Parcel extends Batch {
  /** The same for the same rows, as long as no try of them has ended. */
  key: string;
  /** More waited than there was room for: whoever ends this asks for them. */
  more: boolean;
}

/** `again`: the process that had it died or was silent for too long. */
export type Process = (parcel: Parcel, again: boolean) => Promise<void>;

/** Parcels for the handlers, of which each has a queue for each version: within this process, or in Redis for whoever hosts them. */
export interface Queues {
  /** This process is the only one, so what it commits needs no claim. */
  readonly local: boolean;
  /** Whether what is added now arrives. */
  readonly up: boolean;
  /** Resolves to the parcels that wait there now. */
  add(queue: string, handler: string, parcels: Parcel[]): Promise<number>;
  /** Parcels that wait, and those that run. */
  count(queue: string): Promise<{ waiting: number; running: number }>;
  /** `process` never throws. */
  work(queue: string, concurrency: number, process: Process): void;
  /** How many processes run handlers. `wiped` is called where the queues were emptied since the last look. */
  replicas(wiped: () => Promise<void>): Promise<number>;
  /** Takes nothing more, and resolves when what runs has ended. */
  stop(): Promise<void>;
  close(): Promise<void>;
}
