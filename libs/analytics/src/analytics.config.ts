import { IsInt, Max, Min } from 'class-validator';
import { Env } from '#platform/core';

export class AnalyticsConfig {
  @Env('ATOLL_ANALYTICS_EVENT_DAYS', { description: 'Days for which single analytics events are kept. Daily counts are kept for good.' })
  @IsInt() @Min(1) @Max(3_650)
  eventDays: number = 400;
}
