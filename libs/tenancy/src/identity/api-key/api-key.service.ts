import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { AppError, current, newId, notFound, orNotFound } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db, type Page, paged, type PageQuery } from '#platform/database';
import { Events } from '#platform/messaging';
import { SCOPE, beyond } from '../../access/roles.js';
import { formatCredential } from '../../access/credential.js';
import { newSecret, secretHash } from '../../access/secret.js';
import { apiKeyCreated, apiKeyRevoked } from '../../events.js';
import { RevocationService } from '../../access/revocation.service.js';
import { TenantLimits } from '../../access/tenant-limits.js';
import { ApiKeyRow } from './api-key.entity.js';

/** Whose work a key does: the tenant's own (the key is its own actor), a member's or a service account's. */
export interface KeyHolder {
  kind: 'tenant' | 'user' | 'account';
  id: string | null;
}

export interface NewKey {
  name: string;
  scopes: string[];
  expiresAt?: string;
  ratePerMinute?: number;
}

export interface ApiKeyView {
  id: string;
  name: string;
  /** How the key begins: what tells it apart in logs and settings, and opens nothing. */
  prefix: string;
  holder: KeyHolder;
  /** Requests a minute, beside the quotas of everybody; null: no limit of its own. */
  ratePerMinute: number | null;
  scopes: string[];
  createdBy: string;
  createdAt: string;
  expiresAt: string | null;
  /** Exact to a minute. */
  lastUsedAt: string | null;
}

const MOST_SCOPES = 50;

/** Keys of the current tenant for programs. */
@Injectable()
export class ApiKeyService {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly revocations: RevocationService,
    private readonly limits: TenantLimits,
  ) {}

  @Audited('tenancy.api-key.created',
    { detail: ({ name, holder, scopes, expiresAt }: ApiKeyView) => ({ name, holder, scopes, expiresAt }) })
  async create(entry: NewKey, holder: KeyHolder = TENANT): Promise<ApiKeyView & { key: string }> {
    const { tenantId, actor } = current();
    if (actor.kind !== 'user' || actor.key !== undefined)
      throw new AppError('forbidden', 'tenancy.key-makes-key',
        'A key cannot make keys: whoever stole one could keep a door open. Sign in as a person to make one.');
    const scopes = assertScopes(entry.scopes, actor.permissions);
    const expiresAt = assertExpiry(entry.expiresAt);
    const id = newId();
    const secret = newSecret();
    await this.db.tx(async () => {
      await this.limits.assertRoom('keys');
      await this.db.repo(ApiKeyRow).insert({ tenantId, id, name: entry.name, secretHash: secretHash(secret), scopes, createdBy: actor.id,
        expiresAt, ratePerMinute: entry.ratePerMinute ?? null, ...holderColumns(holder) });
      await this.events.publish(apiKeyCreated, { keyId: id, name: entry.name });
    });
    return { ...toView(await this.one(id)), key: formatCredential('atl', { tenantId, id, number: 0, secret }) };
  }

  /** All of the tenant, or those of one holder. */
  async list(page: PageQuery, holder?: KeyHolder): Promise<Page<ApiKeyView>> {
    const query = this.db.repo(ApiKeyRow).createQueryBuilder('key').where('key.revokedAt is null');
    if (holder) query.andWhere(holder.kind === 'user' ? 'key.memberId = :holder' : 'key.accountId = :holder', { holder: holder.id });
    return paged(query, page, toView);
  }

  async get(id: string): Promise<ApiKeyView> {
    return toView(await this.one(id));
  }

  /** The row stays, so that what the key did can still be told apart. */
  @Audited('tenancy.api-key.revoked')
  async revoke(id: string, holder?: KeyHolder): Promise<void> {
    await this.db.tx(async () => {
      const { affected } = await this.db.repo(ApiKeyRow)
        .update({ tenantId: current().tenantId, id, revokedAt: IsNull(), ...(holder && holderColumns(holder)) }, { revokedAt: new Date() });
      if (affected === 0) throw notFound('API key');
      await this.revocations.note(id);
      await this.events.publish(apiKeyRevoked, { keyId: id });
    });
  }

  /** Ends all keys of a service account, in the unit that ends the account. */
  async revokeOf(accountId: string): Promise<void> {
    const ended = await this.db.query<{ id: string }>('update tenancy.api_key set revoked_at = now() where account_id = $1 and ' +
      'revoked_at is null returning id', [accountId]);
    await this.revocations.note(...ended.map(({ id }) => id));
    for (const { id } of ended) await this.events.publish(apiKeyRevoked, { keyId: id });
  }

  private async one(id: string): Promise<ApiKeyRow> {
    return orNotFound(await this.db.repo(ApiKeyRow).findOneBy({ id, revokedAt: IsNull() }), 'API key');
  }
}

const TENANT: KeyHolder = { kind: 'tenant', id: null };

function holderColumns({ kind, id }: KeyHolder): { memberId?: string; accountId?: string } {
  if (kind === 'tenant') return {};
  return kind === 'user' ? { memberId: id! } : { accountId: id! };
}

function assertScopes(scopes: string[], granted: string[]): string[] {
  const unique = [...new Set(scopes)];
  if (unique.length === 0 || unique.length > MOST_SCOPES || !unique.every((scope) => SCOPE.test(scope))) {
    throw bad('/scopes', `must be 1 to ${MOST_SCOPES} permissions or patterns such as search.files.read, search.*, *.read or *`);
  }
  const missing = beyond(granted, unique);
  if (missing.length > 0) {
    throw new AppError('forbidden', 'tenancy.scope-beyond-own',
      `A key cannot do more than its maker. You do not have: ${missing.join(', ')}. Leave them out, or ask an owner to make the key.`);
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
  return new AppError('invalid', 'tenancy.api-key', `The key was not made: ${pointer.slice(1)} ${detail}.`,
    { errors: [{ pointer, detail }] });
}

function toView({ tenantId, id, name, memberId, accountId, scopes, createdBy, createdAt, expiresAt, lastUsedAt,
  ratePerMinute }: ApiKeyRow): ApiKeyView {
  return {
    id, name,
    prefix: formatCredential('atl', { tenantId, id, number: 0, secret: '' }).slice(0, -1),
    holder: { kind: memberId ? 'user' : accountId ? 'account' : 'tenant', id: memberId ?? accountId },
    scopes, ratePerMinute, createdBy, createdAt: createdAt.toISOString(), expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}
