import { Injectable } from '@nestjs/common';
import { On, type Received } from '#platform/messaging';
import { audited } from '#platform/privacy';
import { memberJoined, sessionRevoked, signedIn, tenantCreated } from '../../events.js';
import { AuditService } from './audit.service.js';

/**
 * Writes down what was done. The facts come through the outbox of the transaction that did it, so an entry is there if and only if its
 * effect is; the inbox makes it one. Two at a time: one tenant's wait for each other at the head of their chain anyway.
 */
@Injectable()
export class AuditHandler {
  constructor(private readonly audit: AuditService) {}

  @On(audited, 'tenancy.append-audit', { attempts: 30, concurrency: 2 })
  async append({ id, time, data }: Received<typeof audited>): Promise<void> {
    const { action, target, detail, requestId } = data;
    await this.audit.append({ id, at: time, action, target, detail, requestId });
  }

  @On(tenantCreated, 'tenancy.audit-tenant-created')
  async tenantCreated({ id, time, data: { ownerId, ...detail } }: Received<typeof tenantCreated>): Promise<void> {
    await this.audit.append({ id, at: time, action: 'tenancy.tenant.created', target: ownerId, detail, requestId: null });
  }

  @On(memberJoined, 'tenancy.audit-member-joined')
  async memberJoined({ id, time, data: { userId, role } }: Received<typeof memberJoined>): Promise<void> {
    await this.audit.append({ id, at: time, action: 'tenancy.member.joined', target: userId, detail: { role }, requestId: null });
  }

  @On(signedIn, 'tenancy.audit-signed-in')
  async signedIn({ id, time, data: { userId, sessionId } }: Received<typeof signedIn>): Promise<void> {
    await this.audit.append({ id, at: time, action: 'tenancy.session.opened', target: userId, detail: { sessionId }, requestId: null });
  }

  @On(sessionRevoked, 'tenancy.audit-session-revoked')
  async sessionRevoked({ id, time, data: { userId, sessionId, reason } }: Received<typeof sessionRevoked>): Promise<void> {
    await this.audit.append({ id, at: time, action: 'tenancy.session.ended', target: userId, detail: { sessionId, reason },
      requestId: null });
  }
}
