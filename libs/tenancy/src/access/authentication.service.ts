import { Injectable } from '@nestjs/common';
import { Db, type Principal } from '#kernel';
import { KeyVerifier } from '../api-key/key-verifier.service.js';
import type { Role } from '../contract.js';
import { credentialRefused } from '../credential/refused.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { AccessTokenService } from '../token/access-token.service.js';
import { asTenant } from './as-tenant.js';
import { permissionsOf } from './grant.js';

/** From a credential to whose work it is, as the database says now. */
@Injectable()
export class AuthenticationService {
  constructor(
    private readonly db: Db,
    private readonly tokens: AccessTokenService,
    private readonly keys: KeyVerifier,
    private readonly revocations: RevocationService,
  ) {}

  async authenticate(token: string): Promise<Principal> {
    const principal = token.startsWith('atl_') ? await this.keys.verify(token) : await this.byAccessToken(token);
    if (!principal) throw credentialRefused();
    return principal;
  }

  /** What ended or changed just now, in all tenants. */
  ended(seconds: number): Promise<{ id: string; subject: string }[]> {
    return this.revocations.ended(seconds);
  }

  /**
   * The signature proves that we made it; session, member and tenant are looked up in one statement, so that ending any of them ends it. Where
   * the tenant requires a second factor that the session lacks, it may do only what needs no permission: see who it is, set one up, leave.
   */
  private async byAccessToken(token: string): Promise<Principal | undefined> {
    const claims = await this.tokens.read(token);
    if (!claims) return undefined;
    const { tenantId, userId, sessionId, expiresAt } = claims;
    const [member] = await asTenant(tenantId, () =>
      this.db.query<{ role: Role; custom: string[] | null; restricted: boolean }>(
        `select member.role, own.permissions as custom,
           coalesce(policy.second_factor = 'required' and not 'otp' = any (session.methods), false) as restricted
         from tenancy.session session
         join tenancy.membership member on member.tenant_id = session.tenant_id and member.id = session.member_id
         left join tenancy.role own on own.tenant_id = member.tenant_id and own.id = member.custom_role_id
         join tenancy.tenant tenant on tenant.tenant_id = session.tenant_id
         left join tenancy.sign_in_policy policy on policy.tenant_id = session.tenant_id
         where session.id = $1 and session.member_id = $2 and session.revoked_at is null and session.expires_at > now()
           and member.status = 'active' and tenant.status = 'active'`,
        [sessionId, userId],
      ),
    );
    if (!member) return undefined;
    return {
      tenantId,
      actor: { kind: 'user', id: userId, roles: [member.role], permissions: member.restricted ? [] : permissionsOf(member.role, member.custom) },
      credentialId: sessionId,
      expiresAt,
    };
  }
}
