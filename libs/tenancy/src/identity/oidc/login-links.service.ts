import { Injectable } from '@nestjs/common';
import { AppError, current, newId, orNotFound } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db } from '#platform/database';
import { asTenant } from '../../access/as-tenant.js';
import type { IssuerProof, Provider } from './provider.js';

/** An account at an issuer that opens this person's door. */
export interface LoginView {
  id: string;
  /** One of this tenant, or of the deployment and so of all your tenants. */
  of: 'tenant' | 'deployment';
  issuer: string;
  email: string | null;
  createdAt: string;
  lastUsedAt: string;
}

export interface LinkedMember {
  memberId: string;
  identityId: string;
  status: 'active' | 'suspended';
}

interface Row {
  id: string;
  issuer: string;
  email: string | null;
  createdAt: Date;
  usedAt: Date;
}

/**
 * Which account at which issuer is who. An issuer of the deployment names persons; a tenant's own names members of that tenant, behind its
 * wall, so that it can open no other.
 */
@Injectable()
export class LoginLinks {
  constructor(private readonly db: Db) {}

  async personOf({ issuer, subject }: IssuerProof): Promise<string | undefined> {
    const [row] = await this.db.systemQuery<{ identityId: string }>(
      'the person of an account at an issuer',
      'update tenancy.external_identity set used_at = now() where issuer = $1 and subject = $2 returning identity_id as "identityId"',
      [issuer, subject],
    );
    return row?.identityId;
  }

  async connectPerson({ issuer, subject, email }: IssuerProof, identityId: string): Promise<void> {
    await this.db.systemQuery('connect an account at an issuer', `
      insert into tenancy.external_identity (id, issuer, subject, identity_id, email) values ($1, $2, $3, $4, $5) on conflict (issuer,
      subject) do nothing`,
    [newId(), issuer, subject, identityId, email]);
  }

  memberOf({ key, tenantId }: Provider, subject: string): Promise<LinkedMember | undefined> {
    return asTenant(tenantId!, async () => {
      const [row] = await this.db.query<LinkedMember>(
        `update tenancy.external_login login set used_at = now() from tenancy.membership member
         where login.provider_id = $1 and login.subject = $2 and member.tenant_id = login.tenant_id and member.id = login.member_id
         returning member.id as "memberId", member.identity_id as "identityId", member.status`,
        [key, subject],
      );
      return row;
    });
  }

  /** In the current tenant. An account opens one member's door. */
  @Audited('tenancy.external-login.connected', {
    target: (_done: boolean, [, , memberId]: [Provider, IssuerProof, string]) => memberId,
    detail: (_done: boolean, [{ name, issuer }]: [Provider, IssuerProof, string]) => ({ name, issuer }),
  })
  async connectMember({ key }: Provider, { subject, email }: IssuerProof, memberId: string): Promise<boolean> {
    const made = await this.db.query(
      `insert into tenancy.external_login (tenant_id, id, provider_id, subject, member_id, email) values ($1, $2, $3, $4, $5, $6) on ` +
        `conflict (tenant_id, provider_id, subject) do nothing returning id`,
      [current().tenantId, newId(), key, subject, memberId, email],
    );
    if (made.length > 0) return true;
    const mine = await this.db.query('select 1 from tenancy.external_login where provider_id = $1 and subject = $2 and member_id = $3',
      [key, subject, memberId]);
    if (mine.length === 0) throw new AppError('conflict', 'tenancy.account-taken',
      'This account at the issuer is connected to somebody else here, so nothing was changed. Sign in at the issuer as yourself, and ' +
        'try again.');
    return false;
  }

  async list(memberId: string, identityId: string): Promise<LoginView[]> {
    const own = await this.db.query<Row>(
      `select login.id, provider.issuer, login.email, login.created_at as "createdAt", login.used_at as "usedAt" from
      tenancy.external_login login
       join tenancy.identity_provider provider on provider.tenant_id = login.tenant_id and provider.id = login.provider_id where
       login.member_id = $1 order by login.id`,
      [memberId],
    );
    const common = await this.db.systemQuery<Row>(
      'accounts of a person',
      'select id, issuer, email, created_at as "createdAt", used_at as "usedAt" from tenancy.external_identity where identity_id = $1 ' +
        'order by id',
      [identityId],
    );
    return [...own.map((row) => toView('tenant', row)), ...common.map((row) => toView('deployment', row))];
  }

  async removeOfMember(id: string, memberId: string): Promise<boolean> {
    return (await this.db.query('delete from tenancy.external_login where id = $1 and member_id = $2 returning 1',
      [id, memberId])).length > 0;
  }

  async removeOfPerson(id: string, identityId: string): Promise<void> {
    orNotFound((await this.db.systemQuery(
      'disconnect an account', 'delete from tenancy.external_identity where id = $1 and identity_id = $2 returning 1', [id, identityId],
    ))[0], 'connected account');
  }
}

function toView(of: LoginView['of'], { id, issuer, email, createdAt, usedAt }: Row): LoginView {
  return { id, of, issuer, email, createdAt: createdAt.toISOString(), lastUsedAt: usedAt.toISOString() };
}
