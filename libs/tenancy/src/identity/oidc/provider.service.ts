import { Injectable } from '@nestjs/common';
import { current, isId, newId, orNotFound, Secrets } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db } from '#platform/database';
import { asTenant } from '../../access/as-tenant.js';
import { SessionService } from '../session/session.service.js';
import { oneLine } from '../../access/profile.js';
import { TenantLimits } from '../../access/tenant-limits.js';
import { OidcConfig } from './oidc.config.js';
import { GOOGLE_ISSUER, type Provider } from './provider.js';

const PURPOSE = 'tenancy.oidc-client';

export interface ProviderView {
  id: string;
  name: string;
  issuer: string;
  clientId: string;
  /** Whether a client secret is kept; the secret itself is never shown. */
  hasSecret: boolean;
  trustsEmail: boolean;
  trustsFactor: boolean;
  enabled: boolean;
  createdAt: string;
}

export interface ProviderChange {
  name?: string;
  clientId?: string;
  clientSecret?: string | null;
  trustsEmail?: boolean;
  trustsFactor?: boolean;
  enabled?: boolean;
}

export type NewProvider = ProviderChange & { name: string; issuer: string; clientId: string };

interface Row extends Omit<ProviderView, 'hasSecret' | 'createdAt'> {
  clientSecret: string | null;
  createdAt: Date;
}

const COLUMNS = 'id, name, issuer, client_id as "clientId", client_secret as "clientSecret", trusts_email as "trustsEmail", ' +
  'trusts_factor as "trustsFactor", enabled, created_at as "createdAt"';

/** Issuers at which people sign in: those of the deployment from its settings, those of a tenant from behind its wall. */
@Injectable()
export class ProviderService {
  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
    private readonly config: OidcConfig,
    private readonly sessions: SessionService,
    private readonly limits: TenantLimits,
  ) {}

  /** Of the deployment, in the order in which they are offered. */
  get common(): Provider[] {
    const { googleClientId, googleClientSecret, issuer, clientId, clientSecret, name, trustsFactor } = this.config;
    const shared = { tenantId: null, trustsEmail: false };
    return [
      ...(googleClientId ? [{ ...shared, key: 'google', name: 'Google', issuer: GOOGLE_ISSUER, clientId: googleClientId,
        clientSecret: googleClientSecret ?? null, trustsFactor: false }] : []),
      ...(issuer && clientId ? [{ ...shared, key: 'oidc', name, issuer, clientId, clientSecret: clientSecret ?? null, trustsFactor }] : []),
    ];
  }

  /** One that can be used now: of the deployment, or of the tenant that is named with it. */
  async usable(key: string, tenantId: string | null): Promise<Provider | undefined> {
    if (tenantId === null) return this.common.find((one) => one.key === key);
    if (!isId(key)) return undefined;
    return asTenant(tenantId, async () => {
      const [row] = await this.db.query<Row>(`select ${COLUMNS} from tenancy.identity_provider where id = $1 and enabled and exists ` +
        `(select from tenancy.tenant where status = 'active')`, [key]);
      return row && this.opened(tenantId, row);
    });
  }

  /** Those of a tenant that people may choose from. */
  usableOf(tenantId: string): Promise<Provider[]> {
    return asTenant(tenantId, async () => (await this.rows('where enabled')).map((row) => this.opened(tenantId, row)));
  }

  async list(): Promise<ProviderView[]> {
    return (await this.rows('')).map(toView);
  }

  async get(id: string): Promise<ProviderView> {
    return toView(await this.one(id));
  }

  /** As it would be used: for asking the issuer before it is kept. */
  draft({ name, issuer, clientId, clientSecret = null }: NewProvider): Provider {
    return { key: newId(), tenantId: current().tenantId, name, issuer, clientId, clientSecret, trustsEmail: false, trustsFactor: false };
  }

  @Audited('tenancy.identity-provider.created', { detail: ({ name, issuer, clientId, trustsEmail, trustsFactor }: ProviderView) =>
    ({ name, issuer, clientId, trustsEmail, trustsFactor }) })
  async create(entry: NewProvider): Promise<ProviderView> {
    const { tenantId } = current();
    await this.limits.assertRoom('issuers');
    const id = newId();
    await this.db.query(
      `insert into tenancy.identity_provider (tenant_id, id, name, issuer, client_id, client_secret, trusts_email, trusts_factor, ` +
        `enabled) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [tenantId, id, oneLine(entry.name, 'name'), entry.issuer, entry.clientId, this.sealed(id, entry.clientSecret ?? null),
        entry.trustsEmail ?? false, entry.trustsFactor ?? false, entry.enabled ?? true],
    );
    return this.get(id);
  }

  /** The issuer itself stays: another one has other people under the same names. Switched off, its sessions end. */
  @Audited('tenancy.identity-provider.changed')
  async change(id: string, change: ProviderChange): Promise<ProviderView> {
    const before = await this.one(id);
    const after = { ...before, ...change, ...(change.name !== undefined && { name: oneLine(change.name, 'name') }) };
    const secret = change.clientSecret === undefined ? before.clientSecret : this.sealed(id, change.clientSecret);
    await this.db.query(
      'update tenancy.identity_provider set name = $2, client_id = $3, client_secret = $4, trusts_email = $5, trusts_factor = $6, ' +
        'enabled = $7, changed_at = now() where id = $1',
      [id, after.name, after.clientId, secret, after.trustsEmail, after.trustsFactor, after.enabled],
    );
    if (before.enabled && !after.enabled) await this.sessions.closeOfProvider(id);
    return this.get(id);
  }

  /** Whoever came in through it is signed out, and comes in by it no more. */
  @Audited('tenancy.identity-provider.deleted')
  async remove(id: string): Promise<void> {
    await this.one(id);
    await this.sessions.closeOfProvider(id);
    await this.db.query('delete from tenancy.identity_provider where id = $1', [id]);
  }

  private rows(where: string): Promise<Row[]> {
    return this.db.query<Row>(`select ${COLUMNS} from tenancy.identity_provider ${where} order by id`);
  }

  private async one(id: string): Promise<Row> {
    return orNotFound(
      await this.db.queryOne<Row>(`select ${COLUMNS} from tenancy.identity_provider where id = $1`, [id]), 'identity provider',
    );
  }

  private sealed(id: string, secret: string | null): string | null {
    return secret === null ? null : this.secrets.seal(PURPOSE, secret, `${current().tenantId} ${id}`);
  }

  private opened(tenantId: string, { id, name, issuer, clientId, clientSecret, trustsEmail, trustsFactor }: Row): Provider {
    const secret = clientSecret === null ? null : this.secrets.open(PURPOSE, clientSecret, `${tenantId} ${id}`).toString();
    return { key: id, tenantId, name, issuer, clientId, clientSecret: secret, trustsEmail, trustsFactor };
  }
}

function toView({ id, name, issuer, clientId, clientSecret, trustsEmail, trustsFactor, enabled, createdAt }: Row): ProviderView {
  return { id, name, issuer, clientId, hasSecret: clientSecret !== null, trustsEmail, trustsFactor, enabled,
    createdAt: createdAt.toISOString() };
}
