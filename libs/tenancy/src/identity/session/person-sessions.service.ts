import { Injectable } from '@nestjs/common';
import { asTenant } from '../../access/as-tenant.js';
import type { SessionEnd } from '../../events.js';
import { MemberService } from '../../organisation/member/member.service.js';
import { SessionService } from './session.service.js';

/** The sessions of one person in all their tenants, each behind its own wall: a lost laptop is signed in to all of them. */
@Injectable()
export class PersonSessions {
  constructor(
    private readonly members: MemberService,
    private readonly sessions: SessionService,
  ) {}

  /** Ends them all, but for `keep`. Suspended memberships and tenants included: what comes back must not bring them back. */
  async end(identityId: string, reason: SessionEnd, keep?: string): Promise<void> {
    for (const { tenantId, id } of await this.members.placesOf(identityId)) {
      await asTenant(tenantId, () => this.sessions.closeAll(id, reason, keep));
    }
  }
}
