import { Injectable } from '@nestjs/common';
import { AppError, newId, Secrets } from '#platform/core';
import { Db } from '#platform/database';
import { asTenant } from '../../access/as-tenant.js';
import type { Caller } from '../session/caller.js';
import { SignInService, type SignedIn } from './sign-in.service.js';
import { ThrottleService } from '../throttle/throttle.service.js';
import type { Role } from '../../contract.js';
import { parseCredential } from '../../access/credential.js';
import { linkRefused } from '../../access/refused.js';
import type { IdentityRow } from '../identities/identity.entity.js';
import { IdentityService } from '../identities/identity.service.js';
import { assertGoodPassword } from '../password/policy.js';
import { MemberService } from '../../organisation/member/member.service.js';
import { oneLine } from '../../access/profile.js';
import { isInvitationSecret } from '../../organisation/invitation/invitation.entity.js';
import { OPEN } from '../../organisation/invitation/invitation.service.js';

/** What the holder of an invitation may see before accepting it. */
export interface InvitationFacts {
  tenantName: string;
  email: string;
  role: Role;
  expiresAt: string;
}

export interface OpenInvitation {
  tenantId: string;
  id: string;
  email: string;
  role: Role;
  seed: string;
  expiresAt: Date;
  tenantName: string;
}

const MOST_LOOKED_AT = 20;

/** From an invitation to a member. The token proves who reads the mailbox; a person who is known proves besides that it is them. */
@Injectable()
export class AcceptService {
  constructor(
    private readonly db: Db,
    private readonly members: MemberService,
    private readonly secrets: Secrets,
    private readonly identities: IdentityService,
    private readonly signIn: SignInService,
    private readonly throttle: ThrottleService,
  ) {}

  async look(token: string): Promise<InvitationFacts> {
    const { tenantName, email, role, expiresAt } = await this.find(token);
    return { tenantName, email, role, expiresAt: expiresAt.toISOString() };
  }

  /** A new person sets a password; a known one gives theirs. Of any number of parallel tries one joins. */
  async accept({ token, name, password, code }: { token: string; name: string; password: string; code?: string },
    { ip, device }: Caller): Promise<SignedIn> {
    const invitation = await this.find(token);
    const memberName = oneLine(name, 'name');
    const attempt = await this.throttle.begin(invitation.email, ip);
    const identity = (await this.identities.find(invitation.email)) ? await this.identities.prove(invitation.email, password)
      : await this.create(invitation.email, password);
    if (!identity) throw passwordNeeded();
    const methods = await this.signIn.further(attempt, identity.id, code);
    const memberId = await this.join(invitation, identity, memberName);
    await this.identities.markVerified(identity.email);
    return this.signIn.open({ tenantId: invitation.tenantId, tenantName: invitation.tenantName, memberId }, device, methods);
  }

  private async create(email: string, password: string): Promise<IdentityRow | undefined> {
    assertGoodPassword(password, email);
    return this.identities.create(email, await this.identities.hash(password));
  }

  join({ tenantId, id, role }: OpenInvitation, identity: IdentityRow, name: string): Promise<string> {
    const userId = newId();
    return asTenant(tenantId, () =>
      this.db.tx(async () => {
        const taken = await this.db.query(`update tenancy.invitation set accepted_at = now(), accepted_by = $2 where id = $1 and ` +
          `${OPEN} returning id`, [id, userId]);
        if (taken.length === 0) throw linkRefused();
        const joined = await this.members.join({ id: userId, identityId: identity.id, email: identity.email, name, role });
        if (joined === undefined) throw linkRefused();
        return joined;
      }),
    );
  }

  /** The open invitation of a token, or the one refusal of all others. */
  async find(token: string): Promise<OpenInvitation> {
    const given = parseCredential('ati', token);
    const row = given?.number === 0 ? await this.open(given.tenantId, given.id) : undefined;
    if (!row || !isInvitationSecret(this.secrets, row, given!.secret)) throw linkRefused();
    return row;
  }

  /** The latest open invitation of an address, in whatever tenant: for who has just proved that the address is theirs. */
  async waiting(email: string): Promise<OpenInvitation | undefined> {
    const rows = await this.db.systemQuery<{ tenantId: string; id: string }>(
      'where a person is invited who has just proved their address',
      `select tenant_id as "tenantId", id from tenancy.invitation where email = $1 and ${OPEN} order by created_at desc limit $2`,
      [email, MOST_LOOKED_AT],
    );
    for (const { tenantId, id } of rows) {
      const row = await this.open(tenantId, id);
      if (row) return row;
    }
    return undefined;
  }

  /** An invitation dies with the tenant's life and with its maker's place there: who was thrown out brings nobody in. */
  private async open(tenantId: string, id: string): Promise<OpenInvitation | undefined> {
    const [row] = await asTenant(tenantId, () =>
      this.db.query<OpenInvitation>(
        `select invitation.tenant_id as "tenantId", invitation.id, invitation.email, invitation.role, seed, invitation.expires_at as
        "expiresAt", tenant.name as "tenantName"
         from tenancy.invitation join tenancy.tenant on tenant.tenant_id = invitation.tenant_id
         where invitation.id = $1 and ${OPEN} and tenant.status = 'active'
           and (exists (select from tenancy.membership member where member.id = invited_by and member.status = 'active')
             or exists (select from tenancy.service_account account where account.id = invited_by and account.status = 'active' and
             account.deleted_at is null)
             or exists (select from tenancy.api_key key where key.id = invited_by and key.revoked_at is null))`,
        [id],
      ),
    );
    return row;
  }
}

function passwordNeeded(): AppError {
  return new AppError('unauthenticated', 'tenancy.invited-person-known',
    'The address that is invited has an account, and this is not its password. Use that password, or ask for a new one first; the ' +
      'invitation stays open.');
}
