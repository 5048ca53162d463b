import { AppError, current, type Secrets } from '#platform/core';
import type { Databases } from '#platform/database';

export interface KeptAnswer {
  fingerprint: string;
  /** Null while the first request is at work. */
  status: number | null;
  headers: Record<string, string> | null;
  /** Null when the answer was not kept: a stream, or too large. */
  body: string | null;
}

/** One try of the request under a key. */
export interface IdempotencyClaim {
  key: string;
  fingerprint: string;
  /** Tells this try from every other one. */
  claim: string;
}

type Answer = Omit<KeptAnswer, 'fingerprint'>;
type Query = (sql: string, params: unknown[]) => Promise<unknown[]>;

/** A request that dies with its process gives its key free after this time; a live one renews it. */
export const LOCK_SECONDS = 15;

/** How long an answer is kept. */
export const KEEP_HOURS = 24;

/**
 * One statement decides: the row is new, or its owner died, or it is too old to count; else somebody else has it. `since` is when the
 * key was first used, whoever has it now.
 */
const CLAIM = `
  insert into kernel.idempotency as i (tenant_id, key, fingerprint, locked_until, claim)
  values ($1, $2, $3, now() + make_interval(secs => $4), $6)
  on conflict (tenant_id, key) do update
    set fingerprint = excluded.fingerprint, status = null, headers = null, body = null, locked_until = excluded.locked_until,
    claim = excluded.claim,
    created_at = case when i.created_at < now() - make_interval(hours => $5) then now() else i.created_at end
    where (i.status is null and i.locked_until < now()) or i.created_at < now() - make_interval(hours => $5)
  returning created_at::text as since`;

const FIND = 'select fingerprint, status, headers, body from kernel.idempotency where tenant_id = $1 and key = $2';
const RENEW = 'update kernel.idempotency set locked_until = now() + make_interval(secs => $4) where tenant_id = $1 and key = $2 and ' +
  'claim = $3 and status is null';

/** By a context, which reads no answer: the row is the claim's own, or in another database than it and new. */
const KEEP = `
  insert into kernel.idempotency as i (tenant_id, key, claim, fingerprint, status, headers, body, locked_until)
  values ($1, $2, $3, $4, $5, $6, $7, now())
  on conflict (tenant_id, key) do update set status = $5, headers = $6, body = $7 where i.claim = $3
  returning i.key`;

const RELEASE = 'delete from kernel.idempotency where tenant_id = $1 and key = $2 and claim = $3 and status is null';
const FORGET = `delete from kernel.idempotency where (tenant_id, key) in (
  select tenant_id, key from kernel.idempotency where created_at < now() - make_interval(hours => $1) limit 1000)`;

const PURPOSE = 'kernel.idempotency';

/** Bodies lie sealed: an answer may hold what is shown once and stored nowhere, such as a new API key. */
export class IdempotencyStore {
  constructor(
    private readonly databases: Pick<Databases, 'of' | 'platformDbs'>,
    private readonly secrets: Secrets,
  ) {}

  /** The key is ours since then: go to work; or what was answered under it, or that somebody is at work on it. */
  async claim({ key, fingerprint, claim }: IdempotencyClaim): Promise<{ since: string } | KeptAnswer> {
    const { tenantId } = current();
    for (;;) {
      const params = [tenantId, key, fingerprint, LOCK_SECONDS, KEEP_HOURS, claim];
      const [claimed] = await this.db.query<{ since: string }>(CLAIM, params);
      if (claimed) return (await this.elsewhere(key)) ?? claimed;
      const [kept] = await this.db.query<KeptAnswer>(FIND, [tenantId, key]);
      if (kept) return this.opened(kept, key);
    }
  }

  async renew({ key, claim }: IdempotencyClaim): Promise<void> {
    await this.db.query(RENEW, [current().tenantId, key, claim, LOCK_SECONDS]);
  }

  /** With `query` of the transaction that makes the effect, or by itself where that is done. */
  async keep({ key, claim, fingerprint }: IdempotencyClaim, answer: Answer, query: Query = this.ownQuery): Promise<void> {
    const body = answer.body === null ? null : this.secrets.seal(PURPOSE, answer.body, key);
    const kept = await query(KEEP, [current().tenantId, key, claim, fingerprint, answer.status, JSON.stringify(answer.headers), body]);
    if (kept.length === 0) throw takenOver();
  }

  async release({ key, claim }: IdempotencyClaim): Promise<void> {
    await this.db.query(RELEASE, [current().tenantId, key, claim]);
  }

  async forget(): Promise<void> {
    for (const db of this.databases.platformDbs()) await db.systemQuery('forgets old answers', FORGET, [KEEP_HOURS]);
  }

  /** An effect of a context with a database of its own, whose process died before the answer stood here. */
  private async elsewhere(key: string): Promise<KeptAnswer | undefined> {
    for (const db of this.databases.platformDbs()) {
      if (db === this.db) continue;
      const [kept] = await db.query<KeptAnswer>(FIND, [current().tenantId, key]);
      if (kept) return this.opened(kept, key);
    }
    return undefined;
  }

  private opened(kept: KeptAnswer, key: string): KeptAnswer {
    return { ...kept, body: kept.body === null ? null : this.secrets.open(PURPOSE, kept.body, key).toString() };
  }

  private readonly ownQuery: Query = (sql, params) => this.db.query(sql, params);

  private get db(): ReturnType<Databases['of']> {
    return this.databases.of('kernel');
  }
}

function takenOver(): AppError {
  return new AppError('unavailable', 'kernel.idempotency-taken-over',
    'This process was away for so long that another one took the Idempotency-Key over, so nothing was done here. Send the request again.',
    { retryAfterSeconds: 1 });
}
