import { Injectable } from '@nestjs/common';
import { Cron } from '#platform/messaging';
import { LifeCycleService } from './life-cycle.service.js';

@Injectable()
export class TrialSchedule {
  constructor(private readonly lifeCycle: LifeCycleService) {}

  @Cron('tenancy.end-trials', '* * * * *')
  async end(): Promise<void> {
    await this.lifeCycle.endTrials();
  }
}
