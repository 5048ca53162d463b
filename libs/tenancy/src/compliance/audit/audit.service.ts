import { Injectable } from '@nestjs/common';
import { Db, type Page, pageOf } from '#platform/database';
import { defineJob, Jobs } from '#platform/messaging';
import { current } from '#platform/core';
import { canonical } from '../../access/canonical-json.js';
import { type AuditEntry, type StoredEntry, hashOf } from './chain.js';

/**
 * Sends one webhook what it has not had yet. What goes wrong at the other end is no failed try of this job: it is kept in the webhook's
 * row, and the next job is due when that row says. So a tenant's broken endpoint makes no dead letters for the operator.
 */
export const deliverAudit = defineJob<{ webhookId: string }>(
  'tenancy.deliver-audit', { attempts: 20, timeoutMs: 900_000, concurrency: 16, whileParked: true },
);

export interface AuditFilter {
  /** ISO 8601, inclusive. */
  from?: string;
  /** ISO 8601, exclusive. */
  to?: string;
  /** A whole action, or the beginning of one with its dot: `search.`, `search.file.`. */
  action?: string;
  actor?: string;
  target?: string;
}

export type Told = Pick<AuditEntry, 'id' | 'action' | 'target' | 'detail' | 'requestId'> & { at: Date };

type Head = Pick<StoredEntry, 'sequence' | 'hash'>;

const READ_AT_ONCE = 500;

/** The current tenant's audit log: a chain of entries, each with the hash of the one before. */
@Injectable()
export class AuditService {
  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
  ) {}

  /**
   * Appends one entry in the open unit. The head's row is the lock: of any number of appends at once each waits for the one before, so the
   * chain has no fork. Nobody's request waits here: this is the work of the event's handler.
   */
  async append({ at, ...told }: Told): Promise<void> {
    const { tenantId, actor } = current();
    const head = (await this.head()) ?? (await this.firstHead());
    const sequence = head.sequence + 1;
    const entry: AuditEntry = { ...told, at: at.toISOString(),
      actor: { kind: actor.kind, id: actor.id, ...(actor.key !== undefined && { key: actor.key }) }, sequence, tenantId,
      previous: head.hash };
    const body = canonical(entry);
    const [written] = await this.db.query<{ webhooks: string[] | null }>(
      `with entry as (insert into tenancy.audit_entry (tenant_id, sequence, id, body, hash) values ($1, $2, $3, $4, $5) returning
      sequence, hash)
       update tenancy.audit_head head set sequence = entry.sequence, hash = entry.hash from entry where head.tenant_id = $1
       returning (select array_agg(id::text) from tenancy.audit_webhook where tenant_id = $1 and enabled) as webhooks`,
      [tenantId, sequence, told.id, body, hashOf(body)],
    );
    for (const webhookId of written!.webhooks ?? []) await this.jobs.add(deliverAudit, { webhookId }, { dedupeKey: webhookId });
  }

  /** Newest first. */
  list(filter: AuditFilter, page: { limit: number; cursor?: string }): Promise<Page<AuditEntry>> {
    const read = (before: number | undefined, limit: number): Promise<StoredEntry[]> =>
      this.read(filter, { before, limit, newestFirst: true });
    return pageOf(page, { sequence: 'number' }, ({ sequence }, limit) => read(sequence, limit), toEntry);
  }

  /** All that match, oldest first, a few hundred at a time. */
  async *all(filter: AuditFilter = {}, after = 0): AsyncGenerator<StoredEntry> {
    for (;;) {
      const rows = await this.read(filter, { after, limit: READ_AT_ONCE, newestFirst: false });
      yield* rows;
      if (rows.length < READ_AT_ONCE) return;
      after = rows.at(-1)!.sequence;
    }
  }

  /** Sequence and hash of the last entry, as the head's row says. */
  end(): Promise<Head | undefined> {
    return this.head('');
  }

  private async read({ from, to, action, actor, target }: AuditFilter,
    { before, after, limit, newestFirst }: { before?: number; after?: number; limit: number;
      newestFirst: boolean }): Promise<StoredEntry[]> {
    const sql = `select sequence, body, hash from tenancy.audit_entry
       where tenant_id = $1 and ($2::bigint is null or sequence < $2) and ($3::bigint is null or sequence > $3)
         and ($4::text is null or at >= $4) and ($5::text is null or at < $5)
         and ($6::text is null or action = $6 or ($6 like '%.' and starts_with(action, $6)))
         and ($7::text is null or actor_id = $7) and ($8::text is null or target = $8)
       order by sequence ${newestFirst ? 'desc' : ''} limit $9`;
    const params = [current().tenantId, before ?? null, after ?? null, instant(from), instant(to), action ?? null, actor ?? null,
      target ?? null, limit];
    // A page of a list may be some seconds old; who follows the chain wants all of it.
    const rows = newestFirst ? await this.db.readStale<Row>(sql, params) : await this.db.query<Row>(sql, params);
    return rows.map(({ sequence, ...row }) => ({ sequence: Number(sequence), ...row }));
  }

  private async head(lock = 'for update'): Promise<Head | undefined> {
    const sql = `select sequence, hash from tenancy.audit_head where tenant_id = $1 ${lock}`;
    const row = await this.db.queryOne<{ sequence: string; hash: string }>(sql, [current().tenantId]);
    return row && { sequence: Number(row.sequence), hash: row.hash };
  }

  private async firstHead(): Promise<Head> {
    await this.db.query('insert into tenancy.audit_head (tenant_id) values ($1) on conflict do nothing', [current().tenantId]);
    return (await this.head())!;
  }
}

interface Row {
  sequence: string;
  body: string;
  hash: string;
}

export function toEntry({ body }: StoredEntry): AuditEntry {
  return JSON.parse(body) as AuditEntry;
}

/** As entries write it: sorted as text it is sorted by time. */
function instant(text: string | undefined): string | null {
  return text === undefined ? null : new Date(text).toISOString();
}
