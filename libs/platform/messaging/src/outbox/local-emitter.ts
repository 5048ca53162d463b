import { logger } from '#platform/core';

/** Something that happened in this process just now. Not stored, not sent, gone if nobody listens. */
export interface LocalEvent<T> {
  readonly name: string;
  /** Carries the type only; never set. */
  readonly data?: T;
}

export function defineLocalEvent<T>(name: string): LocalEvent<T> {
  return Object.freeze({ name });
}

type Listener = (data: never) => void;

const log = logger('kernel');

/**
 * Live, in-process, synchronous and lossy: a wake-up for somebody who will look into the database anyway (the relay, an open
 * stream). Whatever must not be lost is an event.
 */
export class LocalEmitter {
  private readonly listeners = new Map<LocalEvent<unknown>, readonly Listener[]>();

  /** Returns the way to stop listening. A listener that throws is logged and holds up nobody. */
  on<T>(event: LocalEvent<T>, listener: (data: T) => void): () => void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener as Listener]);
    return () => {
      this.listeners.set(event, (this.listeners.get(event) ?? []).filter((one) => one !== listener));
    };
  }

  emit<T>(event: LocalEvent<T>, data: T): void {
    const listeners = this.listeners.get(event);
    if (listeners === undefined) return;
    for (let at = 0; at < listeners.length; at++) {
      try {
        listeners[at]!(data as never);
      } catch (error) {
        log.error({ error, event: event.name }, 'a local listener failed');
      }
    }
  }
}

/** Rows of the outbox that this process has committed, ready to be handled. `server` tells databases apart. */
export const messagesCommitted = defineLocalEvent<{ server: object; rows: CommittedRow[] }>('kernel.messages-committed');

export interface CommittedRow {
  tenantId: string;
  messageId: string;
  handler: string;
  version: number;
  /** It is in the outbox as ready, and is claimed in its turn; else it is marked as sent, and goes to its queue now. */
  waits?: boolean;
}

/** Rows of the outbox are to be looked for at this time (ms since epoch; 0 for now). */
export const outboxDue = defineLocalEvent<{ at: number }>('kernel.outbox-due');

/** A job was cancelled by this process. */
export const jobCancelled = defineLocalEvent<{ messageId: string }>('kernel.job-cancelled');
