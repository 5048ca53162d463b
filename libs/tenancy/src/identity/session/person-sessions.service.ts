import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { asTenant } from '../../access/as-tenant.js';
import type { SessionEnd } from '../../events.js';
import { SessionService } from './session.service.js';

/** The sessions of one person in all their tenants, each behind its own wall: a lost laptop is signed in to all of them. */
@Injectable()
export class PersonSessions {
  constructor(
    private readonly db: Db,
    private readonly sessions: SessionService,
  ) {}

  /** Ends them all, but for `keep`. Suspended memberships and tenants included: what comes back must not bring them back. */
  async end(identityId: string, reason: SessionEnd, keep?: string): Promise<void> {
    const members = await this.db.system('end the sessions of one person', () =>
      this.db.query<{ tenantId: string; id: string }>('select tenant_id as "tenantId", id from tenancy.membership where identity_id = $1', [identityId]),
    );
    for (const { tenantId, id } of members) await asTenant(tenantId, () => this.sessions.closeAll(id, reason, keep));
  }
}
