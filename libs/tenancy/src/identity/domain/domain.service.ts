import { Injectable } from '@nestjs/common';
import { AppError, current, newId, orNotFound, Secrets } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db, onDuplicate } from '#platform/database';
import { assertDomain, domainOf } from './domain-name.js';
import { TxtRecords } from './txt-records.js';
import { TenantLimits } from '../../access/tenant-limits.js';

const PURPOSE = 'tenancy.domain';

/** What people of a captured domain become who sign in for the first time; null: nothing, they need an invitation. */
export type JoinsAs = 'member' | 'viewer' | null;

export interface DomainView {
  id: string;
  domain: string;
  joinsAs: JoinsAs;
  /** The TXT record that proves it. */
  record: { name: string; value: string };
  verifiedAt: string | null;
  verifiedHow: 'dns' | 'operator' | null;
  createdAt: string;
}

interface Row extends Omit<DomainView, 'record' | 'createdAt' | 'verifiedAt'> {
  createdAt: Date;
  verifiedAt: Date | null;
}

const COLUMNS = 'id, domain, joins_as as "joinsAs", created_at as "createdAt", verified_at as "verifiedAt", verified_how as "verifiedHow"';

/** E-mail domains of tenants. One belongs to a tenant once it is proven, by its DNS or by the operator; the first proof counts. */
@Injectable()
export class DomainService {
  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
    private readonly records: TxtRecords,
    private readonly limits: TenantLimits,
  ) {}

  async list(): Promise<DomainView[]> {
    const rows = await this.db.query<Row>(`select ${COLUMNS} from tenancy.domain order by domain`);
    return rows.map((row) => this.view(row));
  }

  async get(id: string): Promise<DomainView> {
    return this.view(await this.one(id));
  }

  @Audited('tenancy.domain.claimed', { detail: ({ domain, joinsAs }: DomainView) => ({ domain, joinsAs }) })
  async claim(entry: { domain: string; joinsAs: JoinsAs }): Promise<DomainView> {
    const domain = assertDomain(entry.domain);
    await this.limits.assertRoom('domains');
    const id = newId();
    const sql = 'insert into tenancy.domain (tenant_id, id, domain, joins_as) values ($1, $2, $3, $4)';
    await onDuplicate(this.db.query(sql, [current().tenantId, id, domain, entry.joinsAs]), alreadyClaimed);
    return this.get(id);
  }

  @Audited('tenancy.domain.changed', { detail: ({ domain, joinsAs }: DomainView) => ({ domain, joinsAs }) })
  async change(id: string, joinsAs: JoinsAs): Promise<DomainView> {
    orNotFound(await this.db.queryOne('update tenancy.domain set joins_as = $2 where id = $1 returning 1', [id, joinsAs]), 'domain');
    return this.get(id);
  }

  @Audited('tenancy.domain.deleted')
  async remove(id: string): Promise<void> {
    orNotFound(await this.db.queryOne('delete from tenancy.domain where id = $1 returning 1', [id]), 'domain');
  }

  /** Looks into the DNS for the record that only the holder of the domain could have put there; outside of any unit of work. */
  async assertRecord(id: string): Promise<void> {
    const { domain, verifiedAt } = await this.one(id);
    if (verifiedAt) return;
    await this.assertFree(domain);
    const { name, value } = this.recordOf(domain);
    if ((await this.records.of(name)).some((text) => text.trim() === value)) return;
    throw new AppError('conflict', 'tenancy.domain-unproven',
      `The DNS has no TXT record "${value}" at ${name} yet, so nothing was proven. New records take up to an hour to be seen; then try ` +
        `again.`);
  }

  @Audited('tenancy.domain.proven', { detail: ({ domain, verifiedHow }: DomainView) => ({ domain, verifiedHow }) })
  async prove(id: string, how: 'dns' | 'operator'): Promise<DomainView> {
    await this.db.query('update tenancy.domain set verified_at = now(), verified_how = $2 where id = $1 and verified_at is null',
      [id, how]);
    return this.get(id);
  }

  /** The operator vouches for it: on the list and proven at once. */
  async vouch(domain: string, joinsAs: JoinsAs): Promise<DomainView> {
    const known = (await this.list()).find((one) => one.domain === assertDomain(domain)) ?? (await this.claim({ domain, joinsAs }));
    if (known.verifiedAt) return known;
    await this.assertFree(known.domain);
    return this.prove(known.id, 'operator');
  }

  /** The tenant whose people have addresses like this one, and what they become there. */
  async tenantOf(email: string): Promise<{ tenantId: string; joinsAs: JoinsAs } | undefined> {
    const domain = domainOf(email);
    return domain === undefined ? undefined : this.capturedBy(domain);
  }

  /** Two that prove it in the same moment are both told yes; the first of them has it. */
  private async assertFree(domain: string): Promise<void> {
    if (await this.capturedBy(domain)) throw new AppError('conflict', 'tenancy.domain-taken',
      'This domain was proven by another tenant of this deployment, so it was not given to you. Ask the operator to settle whose it is.');
  }

  private async capturedBy(domain: string): Promise<{ tenantId: string; joinsAs: JoinsAs } | undefined> {
    const [row] = await this.db.systemQuery<{ tenantId: string; joinsAs: JoinsAs }>(
      'whose a domain is',
      `select domain.tenant_id as "tenantId", joins_as as "joinsAs" from tenancy.domain join tenancy.tenant on tenant.tenant_id =
      domain.tenant_id
         where domain.domain = $1 and verified_at is not null order by verified_at, domain.tenant_id limit 1`,
      [domain],
    );
    return row;
  }

  private async one(id: string): Promise<Row> {
    return orNotFound(await this.db.queryOne<Row>(`select ${COLUMNS} from tenancy.domain where id = $1`, [id]), 'domain');
  }

  /** Stored nowhere: an HMAC over tenant and domain, so no record proves anything to another tenant. */
  private recordOf(domain: string): { name: string; value: string } {
    return { name: `_atoll-challenge.${domain}`, value: `atoll-domain=${this.secrets.sign(PURPOSE, `${current().tenantId} ${domain}`)}` };
  }

  private view({ createdAt, verifiedAt, ...row }: Row): DomainView {
    return { ...row, record: this.recordOf(row.domain), verifiedAt: verifiedAt?.toISOString() ?? null, createdAt: createdAt.toISOString() };
  }
}

function alreadyClaimed(): AppError {
  return new AppError('conflict', 'tenancy.domain-claimed', 'This domain is on your list already. Prove it, or take it away first.');
}
