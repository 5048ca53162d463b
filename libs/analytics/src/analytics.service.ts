import { Injectable } from '@nestjs/common';
import { Analytics, type Overview } from './contract.js';
import { OverviewService } from './overview/overview.service.js';

@Injectable()
export class AnalyticsService extends Analytics {
  constructor(private readonly overviews: OverviewService) {
    super();
  }

  overview(range: { from?: string; to?: string }): Promise<Overview> {
    return this.overviews.overview(range);
  }
}
