import { Injectable } from '@nestjs/common';
import { Db, On, type Received, current } from '#kernel';
import { signedIn, tenantCreated } from '#tenancy';
import { CountingService } from './counting.service.js';

/** Which day it is for a tenant, and who was there. */
@Injectable()
export class TenantHandler {
  constructor(
    private readonly db: Db,
    private readonly counting: CountingService,
  ) {}

  @On(tenantCreated, 'analytics.know-tenant')
  async know({ data }: Received<typeof tenantCreated>): Promise<void> {
    await this.db.query(
      'insert into analytics.profile (tenant_id, time_zone) values ($1, $2) on conflict (tenant_id) do update set time_zone = excluded.time_zone',
      [current().tenantId, data.timeZone],
    );
  }

  @On(signedIn, 'analytics.count-sign-in')
  async count(event: Received<typeof signedIn>): Promise<void> {
    await this.counting.add(event, [{ metric: 'user', dimension: event.data.userId, by: 1 }]);
  }
}
