import { assertPlain, current, isId, newId, notFound, type Secrets } from '#platform/core';
import type { Databases, Db } from '#platform/database';
import { ADD_JOB } from './outbox.sql.js';
import { directHandlers } from './direct-handlers.js';
import { seal } from './envelope.js';
import { assertOwn } from './publisher.js';
import { jobCancelled, type LocalEmitter, messagesCommitted, outboxDue } from './local-emitter.js';
import type { JobDefinition } from '../api/define-job.js';
import { JOB_STATUS, type JobRow, toJobStatus } from '../api/job-status.js';
import { type AddOptions, Jobs, type JobStatus } from '../api/jobs.js';

const PRIORITY = { high: 0, normal: 1, low: 2 };

const CANCEL = `
  update kernel.delivery set status = 'cancelled', finished_at = now(), claim = claim + 1, sent_at = null, dedupe_key = null
  where tenant_id = $1 and message_id = $2 and kind = 'job' and context = $3
    and status in ('ready', 'delayed', 'sent', 'running', 'parked')
  returning true`;

/** `Jobs` of one context over its own database. */
export class ContextJobs extends Jobs {
  constructor(
    private readonly context: string,
    private readonly db: Db,
    private readonly databases: Databases,
    private readonly secrets: Secrets,
    private readonly emitter: LocalEmitter,
  ) {
    super();
  }

  override async add<T extends object>(job: JobDefinition<T>, data: T, options: AddOptions = {}): Promise<{ id: string }> {
    const { delayMs = 0, priority = 'normal', dedupeKey } = options;
    assertOwn(this.context, job.name, 'add');
    assertPlain(data, job.name);
    const scope = current();
    const message = seal(this.secrets, newId(), job, scope, data);
    const direct = delayMs <= 0 && directHandlers(this.db.server).includes(job.name);
    const [row] = await this.db.query<{ id: string }>(ADD_JOB, [
      scope.tenantId, message.messageId, job.name, this.context, job.version, message.body, message.signature, PRIORITY[priority],
      Math.round(delayMs), dedupeKey ?? null, direct,
    ]);
    const { id } = row!;
    this.db.afterCommit(() => {
      if (delayMs > 0) this.emitter.emit(outboxDue, { at: Date.now() + delayMs });
      else if (id === message.messageId) {
        const row = { tenantId: scope.tenantId, messageId: id, handler: job.name, version: job.version, waits: !direct };
        this.emitter.emit(messagesCommitted, { server: this.db.server, rows: [row] });
      }
    });
    return { id };
  }

  override async get(id: string): Promise<JobStatus> {
    const [row] = isId(id) ? await this.db.query<JobRow>(JOB_STATUS, [current().tenantId, id]) : [];
    if (!row) throw notFound('job');
    return toJobStatus(row);
  }

  /** A context's own role may not end a delivery, so this is the platform's statement; not for use inside a transaction. */
  override async cancel(id: string): Promise<boolean> {
    const { id: messageId } = await this.get(id);
    const { tenantId } = current();
    const why = 'cancels a job its own tenant asked to cancel';
    const ended = await this.databases.everywhere(why, CANCEL, [tenantId, messageId, this.context]);
    if (ended.length > 0) this.emitter.emit(jobCancelled, { messageId });
    return ended.length > 0;
  }
}
