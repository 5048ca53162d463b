import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import type { Principal } from '#platform/http';
import type { Role } from '../../contract.js';
import { SessionService } from './session.service.js';
import { AccessTokenService } from '../token/access-token.service.js';
import { asTenant } from '../../access/as-tenant.js';
import { permissionsOf } from '../../access/grant.js';
import { PlanQuotas } from '../../access/plan-quotas.js';

/** From an access token to the member whose session it is, as the database says now. */
@Injectable()
export class SessionVerifier {
  constructor(
    private readonly db: Db,
    private readonly tokens: AccessTokenService,
    private readonly sessions: SessionService,
    private readonly quotas: PlanQuotas,
  ) {}

  /**
   * The signature proves that we made it; session, member and tenant are looked up in one statement, so that ending any of them ends it.
   * Where the tenant's policy asks for more than the session has (a second factor, an issuer in place of a password), it may do only what
   * needs no permission: see who it is, make up for it, leave. An owner's password always opens: else a broken issuer would shut out
   * everybody.
   */
  async verify(token: string): Promise<Principal | undefined> {
    const claims = await this.tokens.read(token);
    if (!claims) return undefined;
    const { tenantId, userId, sessionId, generation, expiresAt } = claims;
    const [member] = await asTenant(tenantId, () =>
      this.db.query<{ role: Role; custom: string[] | null; teams: string[]; plan: string; restricted: boolean;
        unseen: boolean }>(
        `select member.role, own.permissions as custom, tenant.plan, array(select joined.team_id from tenancy.team_member joined where
        joined.member_id = member.id) as teams,
           coalesce(
             (policy.second_factor = 'required' and not session.methods && '{otp,mfa}')
             or (member.role <> 'owner' and (policy.sign_in = 'issuer' and not 'sso' = any (session.methods) or policy.sign_in =
             'own-issuer' and session.provider_id is null)),
           false) as restricted,
           session.generation = $3 and session.seen_generation < $3 as unseen
         from tenancy.session session
         join tenancy.membership member on member.tenant_id = session.tenant_id and member.id = session.member_id
         left join tenancy.role own on own.tenant_id = member.tenant_id and own.id = member.custom_role_id
         join tenancy.tenant tenant on tenant.tenant_id = session.tenant_id
         left join tenancy.sign_in_policy policy on policy.tenant_id = session.tenant_id
         where session.id = $1 and session.member_id = $2 and session.revoked_at is null and session.expires_at > now()
           and member.status = 'active' and tenant.status = 'active'`,
        [sessionId, userId, generation],
      ),
    );
    if (!member) return undefined;
    if (member.unseen) await asTenant(tenantId, () => this.sessions.arrived(sessionId, generation));
    return {
      tenantId,
      actor: { kind: 'user', id: userId, roles: [member.role],
        permissions: member.restricted ? [] : permissionsOf(member.role, member.custom), teams: member.teams },
      credentialId: sessionId,
      expiresAt,
      quotas: this.quotas.of(member.plan, tenantId, userId),
    };
  }
}
