import { Injectable } from '@nestjs/common';
import { Cron } from '#platform/messaging';
import { Db } from '#platform/database';
import { AnalyticsConfig } from '../analytics.config.js';

@Injectable()
export class EventCleanupJob {
  constructor(
    private readonly db: Db,
    private readonly config: AnalyticsConfig,
  ) {}

  @Cron('analytics.forget-events', '23 4 * * *')
  async forget(): Promise<void> {
    await this.db.systemQuery('delete analytics events past their keeping time',
      'delete from analytics.event where at < now() - make_interval(days => $1)', [this.config.eventDays]);
  }
}
