import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { AppError } from '#platform/core';
import { asTenant } from '../../access/as-tenant.js';
import { permissionsOf } from '../../access/grant.js';
import { ROLE_PERMISSIONS, beyond } from '../../access/roles.js';
import type { Role } from '../../contract.js';
import type { IdentityRow } from '../identities/identity.entity.js';
import { IdentityService } from '../identities/identity.service.js';
import { MemberService } from '../../organisation/member/member.service.js';
import { MembershipRow } from '../../organisation/member/membership.entity.js';
import type { Entrance } from '../../organisation/tenant/tenant.service.js';

/** How persons whose address is proven become members without an e-mail. */
@Injectable()
export class JustInTimeProvisioning {
  constructor(
    private readonly db: Db,
    private readonly members: MemberService,
    private readonly identities: IdentityService,
  ) {}

  /**
   * The person of a proven address, if there is one. An account that never proved that address may be anybody's: it is not taken for
   * theirs.
   */
  async known(email: string): Promise<IdentityRow | null> {
    const found = await this.identities.find(email);
    if (found && found.emailVerifiedAt === null) throw emailUnproven();
    return found;
  }

  async knownOrNew(email: string): Promise<IdentityRow> {
    return (await this.known(email)) ?? (await this.identities.create(email, null)) ?? (await this.known(email))!;
  }

  /** A person's place in a tenant; `beyondAdmin`: they may what no administrator may. */
  memberOf(tenantId: string,
    identityId: string): Promise<{ id: string; status: 'active' | 'suspended'; beyondAdmin: boolean } | undefined> {
    return asTenant(tenantId, async () => {
      const [row] = await this.db.query<{ id: string; status: 'active' | 'suspended'; role: Role; custom: string[] | null }>(
        `select member.id, member.status, member.role, own.permissions as custom from tenancy.membership member
         left join tenancy.role own on own.tenant_id = member.tenant_id and own.id = member.custom_role_id where member.identity_id = $1`,
        [identityId],
      );
      return row && { id: row.id, status: row.status,
        beyondAdmin: beyond(ROLE_PERMISSIONS.admin, permissionsOf(row.role, row.custom)).length > 0 };
    });
  }

  /** Makes a person a member, if they are none: also not a suspended one. */
  join(tenantId: string, identity: Pick<IdentityRow, 'id' | 'email'>, { name, role }: { name: string; role: Role }): Promise<string> {
    return asTenant(tenantId, () =>
      this.db.tx(async () => {
        const joined = await this.members.join({ identityId: identity.id, email: identity.email, name, role });
        if (joined !== undefined) return joined;
        const there = await this.db.repo(MembershipRow).findOneBy({ identityId: identity.id });
        // The tenant knows the address as somebody else's.
        if (!there) throw linkYourself();
        return there.id;
      }),
    );
  }

  /** The door of an active member of an active tenant. */
  entrance(tenantId: string, memberId: string): Promise<Entrance | undefined> {
    return asTenant(tenantId, async () => {
      const [row] = await this.db.query<Entrance>(
        `select tenant.tenant_id as "tenantId", tenant.name as "tenantName", member.id as "memberId" from tenancy.tenant
         join tenancy.membership member on member.tenant_id = tenant.tenant_id where member.id = $1 and member.status = 'active' and
         tenant.status = 'active'`,
        [memberId],
      );
      return row;
    });
  }
}

/** An account with that address may have been made by anybody. */
function emailUnproven(): AppError {
  return new AppError(
    'conflict',
    'tenancy.email-unproven',
    'There is an account with this address here that has never proved the address is its own, so it was not joined to yours. Choose a ' +
      'new password by letter ("forgot password"), then try again.',
  );
}

export function linkYourself(): AppError {
  return new AppError(
    'forbidden',
    'tenancy.link-yourself',
    'This address belongs to an account here that an e-mail address alone does not open at this issuer. Sign in as you did before, and ' +
      'connect the issuer in your profile.',
  );
}
