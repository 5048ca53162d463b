import { Injectable } from '@nestjs/common';
import { type FactorTables, TotpService } from '../../identity/totp/totp.service.js';

/** Second factors of operators: those of persons, in tables of their own. */
@Injectable()
export class OperatorTotp extends TotpService {
  protected override readonly tables: FactorTables = { authenticators: 'tenancy.operator_totp',
    recoveryCodes: 'tenancy.operator_recovery_code', holder: 'operator_id' };
}
