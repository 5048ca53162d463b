import { Injectable } from '@nestjs/common';
import { Cron } from '#platform/messaging';
import { ThrottleService } from './identity/throttle/throttle.service.js';
import { OperatorSessions } from './compliance/operator/operator-session.service.js';
import { FlowService } from './identity/oidc/flow.service.js';
import { RevocationService } from './access/revocation.service.js';
import { OneTimeTokenService } from './identity/one-time-token/one-time-token.service.js';
import { SigningKeyService } from './identity/token/signing-key.service.js';

@Injectable()
export class CleanupJob {
  constructor(
    private readonly throttle: ThrottleService,
    private readonly keys: SigningKeyService,
    private readonly tokens: OneTimeTokenService,
    private readonly revocations: RevocationService,
    private readonly operators: OperatorSessions,
    private readonly flows: FlowService,
  ) {}

  @Cron('tenancy.tidy', '41 3 * * *')
  async clean(): Promise<void> {
    await this.throttle.forget();
    await this.keys.forget();
    await this.tokens.forget();
    await this.revocations.forget();
    await this.operators.forget();
    await this.flows.forget();
  }
}
