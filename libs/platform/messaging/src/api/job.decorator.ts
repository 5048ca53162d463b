import { AppError } from '#platform/core';
import { type RetryOptions, addHandler } from './handler-metadata.js';
import { assertMessageName } from './message-name.js';
import type { JobDefinition, RunningJob } from './define-job.js';

/** Marks the one method that runs a job. What it returns (plain JSON, small) is the job's result. */
export function Job<T>(job: JobDefinition<T>) {
  if (!job) throw new AppError('internal', 'kernel.no-job',
    '@Job(...) was given no job: its definition is not exported, or is imported in a circle.');
  return <M extends (job: RunningJob<T> & RunningJob<JobDefinition<T>>) => unknown>(target: object, method: string | symbol,
    _descriptor: TypedPropertyDescriptor<M>): void => {
    addHandler(target, { kind: 'job', message: job.name, version: job.version, handler: job.name, method, options: job.options });
  };
}

export interface CronOptions extends RetryOptions {
  /** IANA name the pattern is read in. UTC unless told. */
  timeZone?: string;
}

/**
 * Runs a method on a schedule, once per tick however many processes host it (cron pattern of five fields, or six with seconds first).
 * System work: there is no tenant, so database work goes through `db.system(reason, ...)` or enters tenants one by one. Ticks that
 * passed while no process was up are made up for by one run, not by one each.
 *
 * @example @Cron('billing.close-month', '5 0 1 * *') async closeMonth() {}
 */
export function Cron(name: string, pattern: string, options: CronOptions = {}) {
  assertMessageName(name);
  const { timeZone = 'UTC', ...retry } = options;
  return <M extends (tick: Tick) => unknown>(target: object, method: string | symbol, _descriptor: TypedPropertyDescriptor<M>): void => {
    addHandler(target, { kind: 'cron', message: name, version: 1, handler: name, method, options: retry, cron: { pattern, timeZone } });
  };
}

export interface Tick {
  /** The time this run stands for. */
  readonly time: Date;
  readonly attempt: number;
  readonly signal: AbortSignal;
}
