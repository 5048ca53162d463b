import { Injectable } from '@nestjs/common';
import { Cron } from '#platform/messaging';
import { Db } from '#platform/database';
import { isId, logger } from '#platform/core';
import { asTenant } from '../../access/as-tenant.js';
import { DeletionService } from '../erasure/deletion.service.js';
import { ErasureLedger } from '../erasure/ledger.service.js';
import { PersonData } from './person-data.service.js';

const log = logger('tenancy');

/** What was erased and is there again, because a database was restored from a time before, goes again. */
@Injectable()
export class Reapply {
  constructor(
    private readonly db: Db,
    private readonly ledger: ErasureLedger,
    private readonly persons: PersonData,
    private readonly deletion: DeletionService,
  ) {}

  @Cron('tenancy.reapply-erasures', '37 2 * * *', { timeoutMs: 30 * 60_000 })
  async run(): Promise<{ persons: number; tenants: number }> {
    const again = { persons: 0, tenants: 0 };
    for await (const { tenantId, personId } of this.ledger.all()) {
      if (!isId(tenantId)) continue;
      await asTenant(tenantId, async () => {
        if (personId !== undefined) again.persons += (await this.persons.eraseAgain(personId)) ? 1 : 0;
        else if ((await this.db.query('select 1 from tenancy.tenant')).length > 0) {
          await this.deletion.order({ now: true });
          again.tenants += 1;
        }
      });
    }
    if (again.persons + again.tenants > 0) log.warn(again, 'a restored database held what had been erased; it is erased again');
    return again;
  }
}
