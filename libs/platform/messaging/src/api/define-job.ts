import { AppError } from '#platform/core';
import { assertMessageName } from './message-name.js';
import type { RetryOptions } from './handler-metadata.js';
import type { DataOf } from './define-event.js';

/** An order to exactly one handler, of the context it is named after. */
export interface JobDefinition<T> {
  readonly kind: 'job';
  readonly name: string;
  readonly version: number;
  readonly options: JobOptions;
  /** Carries the type only; never set. */
  readonly data?: T;
}

export interface JobOptions extends RetryOptions {
  /**
   * Raised when queued data of the old shape could not be run by new code; what is still queued is then parked, not misread. 1 unless told.
   */
  version?: number;
}

/**
 * Declares a job: `<context>.<imperative words>`, data in plain JSON.
 *
 * @example export const indexDocument = defineJob<{ fileId: string }>('search.index-document', { attempts: 5, timeoutMs: 120_000 });
 */
export function defineJob<T extends object>(name: string, options: JobOptions = {}): JobDefinition<T> {
  assertMessageName(name);
  if (definedJobs.has(name))
    throw new AppError('internal', 'kernel.job-twice', `Job ${name} is defined twice. Export one definition and import it.`);
  const definition: JobDefinition<T> = Object.freeze({ kind: 'job', name, version: options.version ?? 1, options });
  definedJobs.set(name, definition as JobDefinition<object>);
  return definition;
}

/** Every job this process's code defines: boot refuses one of a hosted context that nobody runs. */
export const definedJobs = new Map<string, JobDefinition<object>>();

/** What a `@Job` method is given. It does not run inside a transaction: it may be long and may leave the house. */
export interface RunningJob<D> {
  readonly id: string;
  readonly data: DataOf<D>;
  /** 1 on the first try. */
  readonly attempt: number;
  readonly attempts: number;
  /** Aborted on cancel, time-out, or a drain that took too long. Pass it on to whatever you wait for. */
  readonly signal: AbortSignal;
  /** 0 to 1, shown by `jobs.get`; written at most once a second. */
  progress(done: number): void;
  /**
   * Database effects that happen exactly once over all tries and takeovers of this job: one transaction with the record that it ran.
   * Resolves to undefined without running `work` where an earlier try has committed it. A job with several such parts names each `step`.
   */
  once<R>(work: () => Promise<R>, step?: string): Promise<R | undefined>;
}
