import { current, type Secrets } from '#platform/core';
import type { Db } from '#platform/database';

export interface KeptAnswer {
  fingerprint: string;
  /** Null while the first request is at work. */
  status: number | null;
  headers: Record<string, string> | null;
  /** Null when the answer was not kept: a stream, or too large. */
  body: string | null;
}

/** A request that dies with its process gives its key free after this time; a live one renews it. */
export const LOCK_SECONDS = 60;

/** How long an answer is kept. */
export const KEEP_HOURS = 24;

/** One statement decides: the row is new, or its owner died, or it is too old to count; else somebody else has it. */
const CLAIM = `
  insert into kernel.idempotency as i (tenant_id, key, fingerprint, locked_until)
  values ($1, $2, $3, now() + make_interval(secs => $4))
  on conflict (tenant_id, key) do update
    set fingerprint = excluded.fingerprint, status = null, headers = null, body = null, locked_until = excluded.locked_until,
    created_at = now()
    where (i.status is null and i.locked_until < now()) or i.created_at < now() - make_interval(hours => $5)
  returning true as mine`;

const FIND = 'select fingerprint, status, headers, body from kernel.idempotency where tenant_id = $1 and key = $2';
const RENEW = 'update kernel.idempotency set locked_until = now() + make_interval(secs => $3) where tenant_id = $1 and key = $2 and ' +
  'status is null';
const KEEP = 'update kernel.idempotency set status = $3, headers = $4, body = $5 where tenant_id = $1 and key = $2';
const RELEASE = 'delete from kernel.idempotency where tenant_id = $1 and key = $2 and status is null';
const FORGET = `delete from kernel.idempotency where (tenant_id, key) in (
  select tenant_id, key from kernel.idempotency where created_at < now() - make_interval(hours => $1) limit 1000)`;

const PURPOSE = 'kernel.idempotency';

/** Bodies lie sealed: an answer may hold what is shown once and stored nowhere, such as a new API key. */
export class IdempotencyStore {
  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
  ) {}

  /** Undefined: the key is ours, go to work. */
  async claim(key: string, fingerprint: string): Promise<KeptAnswer | undefined> {
    for (;;) {
      const claimed = await this.db.query(CLAIM, [current().tenantId, key, fingerprint, LOCK_SECONDS, KEEP_HOURS]);
      if (claimed.length > 0) return undefined;
      const [kept] = await this.db.query<KeptAnswer>(FIND, [current().tenantId, key]);
      if (kept) return { ...kept, body: kept.body === null ? null : this.secrets.open(PURPOSE, kept.body, key).toString() };
    }
  }

  async renew(key: string): Promise<void> {
    await this.db.query(RENEW, [current().tenantId, key, LOCK_SECONDS]);
  }

  async keep(key: string, answer: Omit<KeptAnswer, 'fingerprint'>): Promise<void> {
    const body = answer.body === null ? null : this.secrets.seal(PURPOSE, answer.body, key);
    await this.db.query(KEEP, [current().tenantId, key, answer.status, JSON.stringify(answer.headers), body]);
  }

  async release(key: string): Promise<void> {
    await this.db.query(RELEASE, [current().tenantId, key]);
  }

  async forget(): Promise<void> {
    await this.db.systemQuery('forgets old answers', FORGET, [KEEP_HOURS]);
  }
}
