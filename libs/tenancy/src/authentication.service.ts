import { Injectable } from '@nestjs/common';
import type { Principal } from '#platform/http';
import { KeyVerifier } from './identity/api-key/key-verifier.service.js';
import { credentialRefused } from './access/refused.js';
import { OperatorSessions } from './compliance/operator/operator-session.service.js';
import { OperatorService } from './compliance/operator/operator.service.js';
import { RevocationService } from './access/revocation.service.js';
import { VisitorService } from './organisation/widget/visitor.service.js';
import { SessionVerifier } from './identity/session/session-verifier.service.js';

/** From a credential to whose work it is, as the database says now. */
@Injectable()
export class AuthenticationService {
  constructor(
    private readonly sessions: SessionVerifier,
    private readonly keys: KeyVerifier,
    private readonly visitors: VisitorService,
    readonly operators: OperatorService,
    private readonly operatorSessions: OperatorSessions,
    private readonly revocations: RevocationService,
  ) {}

  async authenticate(token: string): Promise<Principal> {
    const principal = await this.principalOf(token);
    if (!principal) throw credentialRefused();
    return principal;
  }

  private principalOf(token: string): Promise<Principal | undefined> {
    if (token.startsWith('atl_')) return this.keys.verify(token);
    if (token.startsWith('ato_')) return this.operatorSessions.verify(token);
    return token.startsWith('atv_') ? this.visitors.verify(token) : this.sessions.verify(token);
  }

  /** What ended or changed just now, in all tenants. */
  ended(seconds: number): Promise<{ id: string; subject: string }[]> {
    return this.revocations.ended(seconds);
  }
}
