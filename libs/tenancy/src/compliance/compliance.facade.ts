import { Injectable } from '@nestjs/common';
import { AuditVerifier } from './audit/verifier.service.js';
import { OperatorSessions } from './operator/operator-session.service.js';
import { OperatorService } from './operator/operator.service.js';

/** What the context's contract opens of this module. */
@Injectable()
export class ComplianceFacade {
  constructor(
    readonly audit: AuditVerifier,
    readonly operators: OperatorService,
    readonly operatorSessions: OperatorSessions,
  ) {}
}
