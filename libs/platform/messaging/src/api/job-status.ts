import type { ErrorData } from '#platform/core';
import { definedJobs } from './define-job.js';
import { RETRY_DEFAULTS } from './handler-registry.js';
import type { JobStatus } from './jobs.js';

/** $1 tenant, $2 job. Behind the wall of whoever asks: a context sees its own jobs, the kernel's system role those of all contexts. */
export const JOB_STATUS = `
  select message_id as id, name, status, progress, attempt, created_at as added, finished_at as finished, result, error
  from kernel.delivery where tenant_id = $1 and message_id = $2 and kind = 'job'`;

export interface JobRow {
  id: string;
  name: string;
  status: 'ready' | 'delayed' | 'sent' | 'running' | 'done' | 'dead' | 'cancelled' | 'parked';
  progress: number;
  attempt: number;
  added: Date;
  finished: Date | null;
  result: unknown;
  error: ErrorData | null;
}

export function toJobStatus({ id, name, status, progress, attempt, added, finished, result, error }: JobRow): JobStatus {
  return {
    id,
    name,
    state: status === 'ready' || status === 'sent' ? 'waiting' : status === 'dead' ? 'failed' : status,
    progress,
    attempt,
    attempts: definedJobs.get(name)?.options.attempts ?? RETRY_DEFAULTS.job.attempts,
    addedAt: added.toISOString(),
    finishedAt: finished?.toISOString() ?? null,
    result,
    error,
  };
}
