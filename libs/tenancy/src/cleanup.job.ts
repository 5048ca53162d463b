import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { Cron } from '#platform/messaging';
import { SigningKeyService } from './identity/token/signing-key.service.js';

/** What is of no tenant and no use any more: of each table the rows that nothing looks at. */
const OLD = {
  'tenancy.sign_in_attempt': `at < now() - interval '30 days'`,
  'tenancy.ticket': `expires_at < now() - interval '1 day'`,
  'tenancy.revocation': `at < now() - interval '1 day'`,
  'tenancy.operator_session': `expires_at < now()`,
  'tenancy.oidc_flow': `expires_at < now() - interval '1 hour'`,
};

@Injectable()
export class CleanupJob {
  constructor(
    private readonly db: Db,
    private readonly keys: SigningKeyService,
  ) {}

  @Cron('tenancy.tidy', '41 3 * * *')
  async clean(): Promise<void> {
    for (const [table, old] of Object.entries(OLD))
      await this.db.systemQuery('forget what nothing looks at any more', `delete from ${table} where ${old}`, []);
    await this.keys.forget();
  }
}
