import { AppError } from '#platform/core';
import { assertMessageName } from './message-name.js';

/** A fact of one context that others may hear. The definition is the type, the name and the version at once. */
export interface EventDefinition<T> {
  readonly kind: 'event';
  readonly name: string;
  readonly version: number;
  /** Carries the type only; never set. */
  readonly data?: T;
}

/**
 * Declares an event: `<context>.<past-tense words>`, payload of ids and small facts in plain JSON, never an entity. A change that an old
 * handler would misread is a new version: a second definition of the same name beside the first. Deploy its handlers before its
 * publishers; what arrives at a handler that does not know the version is parked until one does.
 *
 * @example export const turnCompleted = defineEvent<{ turnId: string }>('agent.turn-completed', 1);
 */
export function defineEvent<T extends object>(name: string, version = 1): EventDefinition<T> {
  assertMessageName(name);
  const versions = definedEvents.get(name) ?? new Set();
  if (versions.has(version)) throw new AppError('internal', 'kernel.event-twice',
    `Event ${name} version ${version} is defined twice. Export one definition and import it.`);
  definedEvents.set(name, versions.add(version));
  return Object.freeze({ kind: 'event', name, version });
}

/** Every event this process's code defines, and its versions. */
export const definedEvents = new Map<string, Set<number>>();

/** What a handler is given: `Received<typeof turnCompleted>`, or `Received<{ turnId: string }>`. */
export interface Received<D> {
  /** Id of the event: the same for every handler and every attempt. */
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly data: DataOf<D>;
  /** When it was published. */
  readonly time: Date;
  /** 1 on the first try of this handler. */
  readonly attempt: number;
  /** Aborted when the handler's time is up, or the process drains for longer than it may. */
  readonly signal: AbortSignal;
}

export type DataOf<D> = D extends { readonly kind: string; readonly data?: infer T } ? NonNullable<T> : D;
