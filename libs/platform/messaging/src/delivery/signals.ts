import { logger } from '#platform/core';

/** Something that happened in this process just now. Not stored, not sent, gone if nobody listens. */
export interface SignalDefinition<T> {
  readonly name: string;
  /** Carries the type only; never set. */
  readonly data?: T;
}

export function defineSignal<T>(name: string): SignalDefinition<T> {
  return Object.freeze({ name });
}

type Listener = (data: never) => void;

const log = logger('kernel');

/**
 * Live, in-process, synchronous and lossy: a wake-up for somebody who will look into the database anyway (the dispatcher, an open
 * stream). Whatever must not be lost is an event.
 */
export class Signals {
  private readonly listeners = new Map<SignalDefinition<unknown>, readonly Listener[]>();

  /** Returns the way to stop listening. A listener that throws is logged and holds up nobody. */
  on<T>(signal: SignalDefinition<T>, listener: (data: T) => void): () => void {
    this.listeners.set(signal, [...(this.listeners.get(signal) ?? []), listener as Listener]);
    return () => {
      this.listeners.set(signal, (this.listeners.get(signal) ?? []).filter((one) => one !== listener));
    };
  }

  emit<T>(signal: SignalDefinition<T>, data: T): void {
    const listeners = this.listeners.get(signal);
    if (listeners === undefined) return;
    for (let at = 0; at < listeners.length; at++) {
      try {
        listeners[at]!(data as never);
      } catch (error) {
        log.error({ error, signal: signal.name }, 'a signal listener failed');
      }
    }
  }
}

/** Messages of this process were committed: names of events and jobs, and when the first of them is due (ms since epoch). */
export const messagesCommitted = defineSignal<{ names: readonly string[]; dueAt: number }>('kernel.messages-committed');

/** A job of this process was cancelled. */
export const jobCancelled = defineSignal<{ messageId: string }>('kernel.job-cancelled');
