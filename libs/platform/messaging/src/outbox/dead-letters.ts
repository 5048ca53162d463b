import { Inject, Injectable } from '@nestjs/common';
import { Databases, type Page, pageOf } from '#platform/database';
import type { ErrorData } from '#platform/core';
import { LocalEmitter, outboxDue } from './local-emitter.js';

/** A message one handler gave up on, or that no running code knows the version of. */
export interface DeadLetter {
  tenantId: string;
  messageId: string;
  handler: string;
  kind: 'event' | 'job' | 'cron';
  name: string;
  version: number;
  state: 'dead' | 'parked';
  attempts: number;
  error: ErrorData | null;
  data: unknown;
  addedAt: string;
}

export interface DeadLetterQuery {
  state?: 'dead' | 'parked';
  handler?: string;
  tenantId?: string;
  limit?: number;
  cursor?: string;
}

export type DeadLetterKey = Pick<DeadLetter, 'tenantId' | 'messageId' | 'handler'>;

const LIST = `
  select tenant_id as "tenantId", message_id as "messageId", handler, kind, name, version, status as state, attempt as attempts, error,
    body, created_at as added
  from kernel.delivery
  where status = $1 and ($2::text is null or handler = $2) and ($3::uuid is null or tenant_id = $3::uuid)
    and ($4::uuid is null or (message_id, handler) < ($4::uuid, $5::text))
  order by message_id desc, handler desc limit $6`;

/** All tries anew: what was mended is worth as many as it had at first. */
const REPLAY = `
  update kernel.delivery set status = 'ready', attempt = 0, died = 0, claim = claim + 1, due_at = now(), finished_at = null, error = null
  where tenant_id = $1 and message_id = $2 and handler = $3 and status in ('dead', 'parked') returning true`;

const REPLAY_ALL = `
  update kernel.delivery set status = 'ready', attempt = 0, died = 0, claim = claim + 1, due_at = now(), finished_at = null, error = null
  where handler = $1 and status = 'dead' returning true`;

const DISCARD = `
  delete from kernel.delivery where tenant_id = $1 and message_id = $2 and handler = $3 and status in ('dead', 'parked') returning true`;

type Row = Omit<DeadLetter, 'data' | 'addedAt'> & { body: string; added: Date };

/** The operator's tool, over all tenants and contexts: whoever offers it over HTTP answers for who may use it. */
@Injectable()
export class DeadLetters {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    private readonly emitter: LocalEmitter,
  ) {}

  /** Newest first. */
  list({ state = 'dead', handler, tenantId, limit = 20, cursor }: DeadLetterQuery = {}): Promise<Page<DeadLetter>> {
    return pageOf<Row, DeadLetter>({ limit, cursor }, { messageId: 'id', handler: 'text' }, async (before, rows) => {
      const found = await this.databases.everywhere<Row>('lists dead letters', LIST,
        [state, handler, tenantId, before.messageId, before.handler, rows]);
      return found.sort((a, b) => (a.messageId + a.handler < b.messageId + b.handler ? 1 : -1)).slice(0, rows);
    }, ({ body, added, ...row }) => ({ ...row, data: (JSON.parse(body) as { data: unknown }).data, addedAt: added.toISOString() }));
  }

  /** Hands one to its handler again, with all its tries. False when there is no such dead letter. */
  async replay({ tenantId, messageId, handler }: DeadLetterKey): Promise<boolean> {
    return this.replayed(await this.databases.everywhere('replays a dead letter', REPLAY, [tenantId, messageId, handler]));
  }

  /** Hands all of one handler's to it again: how many. */
  async replayAll(handler: string): Promise<number> {
    const rows = await this.databases.everywhere('replays dead letters', REPLAY_ALL, [handler]);
    this.replayed(rows);
    return rows.length;
  }

  /** Forgets one for good. False when there is no such dead letter. */
  async discard({ tenantId, messageId, handler }: DeadLetterKey): Promise<boolean> {
    return (await this.databases.everywhere('discards a dead letter', DISCARD, [tenantId, messageId, handler])).length > 0;
  }

  private replayed(rows: unknown[]): boolean {
    if (rows.length > 0) this.emitter.emit(outboxDue, { at: 0 });
    return rows.length > 0;
  }
}
