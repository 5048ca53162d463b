import { Injectable } from '@nestjs/common';
import { On, type Received } from '#platform/messaging';
import { tenantChanged, tenantCreated } from '#tenancy';
import { CalendarService } from './calendar.service.js';

@Injectable()
export class CalendarHandler {
  constructor(private readonly calendar: CalendarService) {}

  @On(tenantCreated, 'billing.know-tenant')
  async know({ data }: Received<typeof tenantCreated>): Promise<void> {
    await this.calendar.know(data.timeZone);
  }

  /** What was counted stays on its day; from now on a day is the new zone's. */
  @On(tenantChanged, 'billing.follow-tenant')
  async follow({ data }: Received<typeof tenantChanged>): Promise<void> {
    await this.calendar.know(data.timeZone);
  }
}
