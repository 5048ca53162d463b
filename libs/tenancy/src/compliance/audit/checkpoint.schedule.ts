import { Injectable } from '@nestjs/common';
import { Cron, type Tick } from '#platform/messaging';
import { CheckpointService } from './checkpoint.service.js';

@Injectable()
export class CheckpointSchedule {
  constructor(private readonly checkpoints: CheckpointService) {}

  @Cron('tenancy.checkpoint-audit', '* * * * *', { timeoutMs: 300_000 })
  async take({ signal }: Pick<Tick, 'signal'>): Promise<void> {
    await this.checkpoints.takeAll(signal);
  }
}
