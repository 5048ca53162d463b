import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { AppError, Audited, Db, Events, type Page, type PageQuery, current, decodeCursor, newId, notFound, pageOf } from '#kernel';
import { asTenant } from '../access/as-tenant.js';
import { SCOPE, beyond } from '../access/roles.js';
import { toBase62 } from '../credential/base62.js';
import { formatCredential, parseCredential } from '../credential/credential.js';
import { apiKeyCreated, apiKeyRevoked } from '../events.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { ApiKeyRow } from './api-key.entity.js';

export interface ApiKeyView {
  id: string;
  name: string;
  scopes: string[];
  createdBy: string;
  createdAt: string;
  expiresAt: string | null;
  /** Exact to a minute. */
  lastUsedAt: string | null;
}

export interface VerifiedKey {
  tenantId: string;
  id: string;
  scopes: string[];
  expiresAt: Date | null;
}

const MOST_SCOPES = 50;

/** Keys of the current tenant for programs. */
@Injectable()
export class ApiKeyService {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly revocations: RevocationService,
  ) {}

  @Audited('tenancy.api-key.created', { detail: ({ name, scopes, expiresAt }: ApiKeyView) => ({ name, scopes, expiresAt }) })
  async create(entry: { name: string; scopes: string[]; expiresAt?: string }): Promise<ApiKeyView & { key: string }> {
    const { tenantId, actor } = current();
    if (actor.kind === 'key') throw new AppError('forbidden', 'tenancy.key-makes-key', 'A key cannot make keys: whoever stole one could keep a door open. Sign in as a person to make one.');
    const scopes = assertScopes(entry.scopes, actor.permissions);
    const expiresAt = assertExpiry(entry.expiresAt);
    const id = newId();
    const secret = toBase62(randomBytes(32));
    await this.db.tx(async () => {
      await this.db.repo(ApiKeyRow).insert({ tenantId, id, name: entry.name, secretHash: secretHash(secret), scopes, createdBy: actor.id, expiresAt });
      await this.events.publish(apiKeyCreated, { keyId: id, name: entry.name });
    });
    return { ...toView(await this.one(id)), key: formatCredential('atl', { tenantId, id, number: 0, secret }) };
  }

  async list({ limit, cursor }: PageQuery): Promise<Page<ApiKeyView>> {
    const before = decodeCursor<[string]>(cursor, ['string']);
    const query = this.db.repo(ApiKeyRow).createQueryBuilder('key').where('key.revokedAt is null').orderBy('key.id', 'DESC').limit(limit + 1);
    if (before) query.andWhere('key.id < :id', { id: before[0] });
    return pageOf(await query.getMany(), limit, toView, (row) => [row.id]);
  }

  async get(id: string): Promise<ApiKeyView> {
    return toView(await this.one(id));
  }

  /** The row stays, so that what the key did can still be told apart. */
  @Audited('tenancy.api-key.revoked')
  async revoke(id: string): Promise<void> {
    await this.db.tx(async () => {
      const { affected } = await this.db.repo(ApiKeyRow).update({ tenantId: current().tenantId, id, revokedAt: IsNull() }, { revokedAt: new Date() });
      if (affected === 0) throw notFound('API key');
      await this.revocations.note(id);
      await this.events.publish(apiKeyRevoked, { keyId: id });
    });
  }

  /** Whose key this text is, or undefined. Notes the use at most once a minute: a busy key must not cost a write per request. */
  async verify(text: string): Promise<VerifiedKey | undefined> {
    const given = parseCredential('atl', text);
    if (!given || given.number !== 0) return undefined;
    return asTenant(given.tenantId, async () => {
      const [row] = await this.db.query<{ secretHash: string; scopes: string[]; expiresAt: Date | null; stale: boolean }>(
        `select key.secret_hash as "secretHash", key.scopes, key.expires_at as "expiresAt",
           coalesce(key.last_used_at < now() - interval '1 minute', true) as stale
         from tenancy.api_key key join tenancy.tenant on tenant.tenant_id = key.tenant_id
         where key.id = $1 and key.revoked_at is null and coalesce(key.expires_at > now(), true) and tenant.status = 'active'`,
        [given.id],
      );
      if (!row || !timingSafeEqual(Buffer.from(row.secretHash), Buffer.from(secretHash(given.secret)))) return undefined;
      if (row.stale) {
        await this.db.query(`update tenancy.api_key set last_used_at = now() where id = $1 and coalesce(last_used_at < now() - interval '1 minute', true)`, [given.id]);
      }
      return { tenantId: given.tenantId, id: given.id, scopes: row.scopes, expiresAt: row.expiresAt };
    });
  }

  private async one(id: string): Promise<ApiKeyRow> {
    const row = await this.db.repo(ApiKeyRow).findOneBy({ id, revokedAt: IsNull() });
    if (!row) throw notFound('API key');
    return row;
  }
}

/** Plain SHA-256 will do: the secret is 256 random bits, so there is nothing to guess that a slow hash would slow down. */
function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function assertScopes(scopes: string[], granted: string[]): string[] {
  const unique = [...new Set(scopes)];
  if (unique.length === 0 || unique.length > MOST_SCOPES || !unique.every((scope) => SCOPE.test(scope))) {
    throw bad('/scopes', `must be 1 to ${MOST_SCOPES} permissions or patterns such as search.files.read, search.*, *.read or *`);
  }
  const missing = beyond(granted, unique);
  if (missing.length > 0) {
    throw new AppError('forbidden', 'tenancy.scope-beyond-own', `A key cannot do more than its maker. You do not have: ${missing.join(', ')}. Leave them out, or ask an owner to make the key.`);
  }
  return unique;
}

function assertExpiry(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const date = new Date(text);
  if (!(date.getTime() > Date.now())) throw bad('/expiresAt', 'must be a time to come, in ISO 8601');
  return date;
}

function bad(pointer: string, detail: string): AppError {
  return new AppError('invalid', 'tenancy.api-key', `The key was not made: ${pointer.slice(1)} ${detail}.`, { errors: [{ pointer, detail }] });
}

function toView({ id, name, scopes, createdBy, createdAt, expiresAt, lastUsedAt }: ApiKeyRow): ApiKeyView {
  return { id, name, scopes, createdBy, createdAt: createdAt.toISOString(), expiresAt: expiresAt?.toISOString() ?? null, lastUsedAt: lastUsedAt?.toISOString() ?? null };
}
