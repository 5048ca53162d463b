import { Injectable } from '@nestjs/common';
import { Cron } from '#platform/messaging';
import { ThrottleService } from './auth/throttle.service.js';
import { OperatorSessions } from './operator/operator-session.service.js';
import { FlowService } from './oidc/flow.service.js';
import { RevocationService } from './revocation/revocation.service.js';
import { TicketService } from './ticket/ticket.service.js';
import { SigningKeyService } from './token/signing-key.service.js';

@Injectable()
export class TidySchedule {
  constructor(
    private readonly throttle: ThrottleService,
    private readonly keys: SigningKeyService,
    private readonly tickets: TicketService,
    private readonly revocations: RevocationService,
    private readonly operators: OperatorSessions,
    private readonly flows: FlowService,
  ) {}

  @Cron('tenancy.tidy', '41 3 * * *')
  async tidy(): Promise<void> {
    await this.throttle.forget();
    await this.keys.forget();
    await this.tickets.forget();
    await this.revocations.forget();
    await this.operators.forget();
    await this.flows.forget();
  }
}
