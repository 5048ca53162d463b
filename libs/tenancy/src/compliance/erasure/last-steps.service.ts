import { Injectable } from '@nestjs/common';
import { Blobs } from '#platform/adapters';
import { Cron } from '#platform/messaging';
import { Db } from '#platform/database';
import { contextTables, eraseContext, PlatformEraser } from '#platform/privacy';
import { logger } from '#platform/core';
import { asTenant } from '../../access/as-tenant.js';
import { dataMap } from '../../tenancy.data.js';
import { ErasureLedger } from './ledger.service.js';
import { type Counts, type Erasure, ErasureService, isAnswered, isFailed, mergedReport } from './erasure.service.js';

const log = logger('tenancy');

/** Leads erasures from step to step, as system work: a tenant's own jobs go with it. */
@Injectable()
export class LastSteps {
  constructor(
    private readonly db: Db,
    private readonly blobs: Blobs,
    private readonly erasures: ErasureService,
    private readonly kernel: PlatformEraser,
    private readonly ledger: ErasureLedger,
  ) {}

  @Cron('tenancy.erase-tenants', '* * * * *', { timeoutMs: 30 * 60_000 })
  async work(): Promise<void> {
    for (const erasure of await this.erasures.due()) {
      if (erasure.round === 0) await this.erasures.begin(erasure);
      else if (isAnswered(erasure)) await (isFailed(erasure) ? this.erasures.again(erasure) : this.end(erasure));
    }
  }

  /**
   * The other contexts have nothing left. Tenancy's own rows, then every blob, then what the platform keeps; done when all of it was gone
   * already.
   */
  private async end({ id, tenant, report }: Erasure): Promise<void> {
    let told = report;
    for (let tries = 0; tries < 5; tries++) {
      const own = await asTenant(tenant, () => this.eraseOwn());
      const blobs = await this.eraseBlobs(tenant);
      const tables = { ...own.tables, ...(await this.kernel.erase(tenant)) };
      const redis = (await this.kernel.eraseRedis(tenant)) ?? null;
      const whole = mergedReport(told, tables, { before: own.blobs.before + blobs.before, after: blobs.after });
      whole.redis = redis && { before: (told.redis?.before ?? 0) + redis.before, after: redis.after };
      told = whole;
      if (Object.values(tables).every(({ before }) => before === 0) && own.blobs.before + blobs.before === 0) {
        await this.ledger.keep({ tenantId: tenant });
        await this.erasures.finish(id, whole);
        return log.info({ erasure: id, rows: Object.values(whole.tables).reduce((sum, { before }) => sum + before, 0),
          blobs: whole.blobs.before }, 'a tenant is erased');
      }
    }
  }

  private async eraseOwn() {
    await this.forgetPersons();
    const tables = await contextTables(this.db, 'tenancy', dataMap);
    return eraseContext({ db: this.db, blobs: this.blobs, context: 'tenancy', chosen: tables.map((table) => ({ table, which: {} })),
      withBlobs: true });
  }

  /** Members who are in no other tenant: an account that opens nothing is nobody's wish. */
  private async forgetPersons(): Promise<void> {
    const persons = await this.db.query<{ id: string;
      tenantId: string }>('select identity_id as id, tenant_id as "tenantId" from tenancy.membership');
    if (persons.length === 0) return;
    await this.db.system('persons who were in an erased tenant alone', async () => {
      const gone = await this.db.query<{ email: string }>(
        `delete from tenancy.identity person where id = any ($1) and not exists (select 1 from tenancy.membership m where m.identity_id ` +
          `= person.id and m.tenant_id <> $2) returning email`,
        [persons.map(({ id }) => id), persons[0]!.tenantId],
      );
      await this.db.query('delete from tenancy.ticket where email = any ($1)', [gone.map(({ email }) => email)]);
    });
  }

  private async eraseBlobs(tenant: string): Promise<Counts> {
    let before = 0;
    for await (const _blob of this.blobs.list(tenant, 'kernel')) before += 1;
    await this.blobs.deleteTenant(tenant);
    return { before, after: 0 };
  }
}
