import { assertPlain, current, isId, newId, notFound, type Secrets } from '#platform/core';
import type { Databases, Db } from '#platform/database';
import { ADD_JOB } from '../delivery/delivery.sql.js';
import { seal } from '../delivery/envelope.js';
import { afterCommit, assertOwn } from '../delivery/publisher.js';
import { type Signals, jobCancelled, messagesCommitted } from '../delivery/signals.js';
import type { JobDefinition } from './define-job.js';
import { JOB_STATUS, type JobRow, toJobStatus } from './job-status.js';
import { type AddOptions, Jobs, type JobStatus } from './jobs.js';

const PRIORITY = { high: 0, normal: 1, low: 2 };

const CANCEL = `
  update kernel.delivery set status = 'cancelled', finished_at = now(), lease = null, lease_until = null, dedupe_key = null
  where tenant_id = $1 and message_id = $2 and kind = 'job' and context = $3 and status in ('ready', 'delayed', 'running', 'parked')
  returning true`;

/** `Jobs` of one context over its own database. */
export class ContextJobs extends Jobs {
  constructor(
    private readonly context: string,
    private readonly db: Db,
    private readonly databases: Databases,
    private readonly secrets: Secrets,
    private readonly signals: Signals,
  ) {
    super();
  }

  override async add<T extends object>(job: JobDefinition<T>, data: T, { delayMs = 0, priority = 'normal', dedupeKey }: AddOptions = {}): Promise<{ id: string }> {
    assertOwn(this.context, job.name, 'add');
    assertPlain(data, job.name);
    const scope = current();
    const message = seal(this.secrets, newId(), job, scope, data);
    const dueAt = delayMs > 0 ? Date.now() + delayMs : 0;
    const wake = (): void => this.signals.emit(messagesCommitted, { names: [job.name], dueAt });
    const open = afterCommit(this.db, wake);
    const [row] = await this.db.query<{ id: string }>(ADD_JOB, [
      scope.tenantId, message.messageId, job.name, this.context, job.version, message.body, message.signature, PRIORITY[priority], Math.round(delayMs), dedupeKey ?? null,
    ]);
    if (!open) wake();
    return { id: row!.id };
  }

  override async get(id: string): Promise<JobStatus> {
    const [row] = isId(id) ? await this.db.query<JobRow>(JOB_STATUS, [current().tenantId, id]) : [];
    if (!row) throw notFound('job');
    return toJobStatus(row);
  }

  /** A context's own role may not end a delivery, so this is the kernel's statement; not for use inside a transaction. */
  override async cancel(id: string): Promise<boolean> {
    const { id: messageId } = await this.get(id);
    const { tenantId } = current();
    for (const kernel of this.databases.platformDbs()) {
      const ended = await kernel.system('cancels a job its own tenant asked to cancel', () => kernel.query(CANCEL, [tenantId, messageId, this.context]));
      if (ended.length === 0) continue;
      this.signals.emit(jobCancelled, { messageId });
      return true;
    }
    return false;
  }
}
