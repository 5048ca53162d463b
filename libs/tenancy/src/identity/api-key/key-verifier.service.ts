import { Injectable } from '@nestjs/common';
import type { Actor } from '#platform/core';
import { Db } from '#platform/database';
import type { Principal } from '#platform/http';
import { asTenant } from '../../access/as-tenant.js';
import { permissionsOf, scopesWithin } from '../../access/grant.js';
import { PlanQuotas } from '../../access/plan-quotas.js';
import type { Role } from '../../contract.js';
import { parseCredential } from '../../access/credential.js';
import { isSecretOf } from '../../access/secret.js';

interface Found {
  secretHash: string;
  scopes: string[];
  expiresAt: Date | null;
  ratePerMinute: number | null;
  memberId: string | null;
  accountId: string | null;
  role: Role | null;
  /** Permissions of a role of the tenant's own, or of the account itself. */
  custom: string[] | null;
  teams: string[];
  plan: string;
  stale: boolean;
}

/** From the text of a key to whose work it is, as the database says now. */
@Injectable()
export class KeyVerifier {
  constructor(
    private readonly db: Db,
    private readonly quotas: PlanQuotas,
  ) {}

  /**
   * Undefined for whatever opens nothing: unknown, ended, or speaking for a member or account that is no longer active. One statement
   * behind the wall of the tenant that the key names. Notes the use at most once a minute: a busy key must not cost a write per request.
   */
  async verify(text: string): Promise<Principal | undefined> {
    const given = parseCredential('atl', text);
    if (!given || given.number !== 0) return undefined;
    const { tenantId, id } = given;
    return asTenant(tenantId, async () => {
      const [row] = await this.db.query<Found>(
        `select key.secret_hash as "secretHash", key.scopes, key.expires_at as "expiresAt", key.rate_per_minute as "ratePerMinute",
           key.member_id as "memberId", key.account_id as "accountId", coalesce(member.role, account.role) as role,
           coalesce(account.permissions, own.permissions) as custom,
           array(select joined.team_id from tenancy.team_member joined where joined.member_id = key.member_id) as teams,
           tenant.plan, coalesce(key.last_used_at < now() - interval '1 minute', true) as stale
         from tenancy.api_key key join tenancy.tenant on tenant.tenant_id = key.tenant_id
         left join tenancy.membership member on member.tenant_id = key.tenant_id and member.id = key.member_id and member.status = 'active'
         left join tenancy.service_account account on account.tenant_id = key.tenant_id and account.id = key.account_id and
         account.status = 'active' and account.deleted_at is null
         left join tenancy.role own on own.tenant_id = key.tenant_id and own.id = coalesce(member.custom_role_id, account.custom_role_id)
         where key.id = $1 and key.revoked_at is null and coalesce(key.expires_at > now(), true) and tenant.status = 'active'
           and (key.member_id is null or member.id is not null) and (key.account_id is null or account.id is not null)`,
        [id],
      );
      if (!row || !isSecretOf(row.secretHash, given.secret)) return undefined;
      if (row.stale) {
        await this.db.query(`update tenancy.api_key set last_used_at = now() where id = $1 and coalesce(last_used_at < now() - interval ` +
          `'1 minute', true)`, [id]);
      }
      return {
        tenantId,
        actor: actorOf(id, row),
        credentialId: id,
        ...(row.expiresAt && { expiresAt: row.expiresAt.getTime() }),
        quotas: [...(row.ratePerMinute === null ? [] : [{ name: 'key', id, perMinute: row.ratePerMinute }]),
          ...this.quotas.of(row.plan, tenantId, row.memberId ?? undefined)],
      };
    });
  }
}

/** The tenant's own key is its own actor; the others speak for somebody, and never for more than that one may do now. */
function actorOf(keyId: string, { scopes, memberId, accountId, role, custom, teams }: Found): Actor {
  if (memberId === null && accountId === null) return { kind: 'key', id: keyId, roles: [], permissions: scopes };
  const permissions = scopesWithin(scopes, permissionsOf(role ?? 'viewer', custom));
  return { kind: memberId === null ? 'account' : 'user', id: memberId ?? accountId!, roles: role === null ? [] : [role], permissions,
    key: keyId, teams };
}
