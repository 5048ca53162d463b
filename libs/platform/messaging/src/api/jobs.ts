import type { ErrorData } from '#platform/core';
import type { JobDefinition } from './define-job.js';

export interface AddOptions {
  delayMs?: number;
  /** Among one tenant's jobs of one name. Between tenants turns are taken, whatever the priority. normal unless told. */
  priority?: 'high' | 'normal' | 'low';
  /**
   * While a job of this tenant, name and key has not started, adding another returns that one's id. Once it runs a new one is accepted:
   * the running one may have read what has changed since.
   */
  dedupeKey?: string;
}

export interface JobStatus {
  id: string;
  name: string;
  /**
   * delayed: not due yet, or between tries · parked: no code here runs this version, or the tenant is suspended · failed: gave up, a dead
   * letter.
   */
  state: 'waiting' | 'delayed' | 'running' | 'done' | 'failed' | 'cancelled' | 'parked';
  progress: number;
  attempt: number;
  attempts: number;
  addedAt: string;
  finishedAt: string | null;
  result: unknown;
  /** Of the last failed try. */
  error: ErrorData | null;
}

/** Orders for this context's own job handlers. Injected by class; bound to the context that injects it. */
export abstract class Jobs {
  /** Accepted = committed: inside `db.tx` the job exists if and only if the transaction commits, and starts after it. */
  abstract add<T extends object>(job: JobDefinition<T>, data: T, options?: AddOptions): Promise<{ id: string }>;
  /** Status of one of this tenant's jobs of this context; done and failed ones are remembered for a bounded time. */
  abstract get(id: string): Promise<JobStatus>;
  /** A queued job never starts; a running one has its signal aborted and commits no further `once`. False when it had ended already. */
  abstract cancel(id: string): Promise<boolean>;
}
