import { Injectable } from '@nestjs/common';
import { On, type Received } from '#platform/messaging';
import { signedIn, tenantChanged, tenantCreated } from '#tenancy';
import { CountingService } from './counting.service.js';
import { ProfileService } from './profile.service.js';

/** Which day it is for a tenant, and who was there. */
@Injectable()
export class TenantHandler {
  constructor(
    private readonly profiles: ProfileService,
    private readonly counting: CountingService,
  ) {}

  @On(tenantCreated, 'analytics.know-tenant')
  async know({ data }: Received<typeof tenantCreated>): Promise<void> {
    await this.profiles.know(data.timeZone);
  }

  /** Days that were counted stay what they were; from now on a day is the new zone's. */
  @On(tenantChanged, 'analytics.follow-tenant')
  async follow({ data }: Received<typeof tenantChanged>): Promise<void> {
    await this.profiles.know(data.timeZone);
  }

  @On(signedIn, 'analytics.count-sign-in')
  async count(event: Received<typeof signedIn>): Promise<void> {
    await this.counting.add(event, [{ metric: 'user', dimension: event.data.userId, by: 1 }]);
  }
}
