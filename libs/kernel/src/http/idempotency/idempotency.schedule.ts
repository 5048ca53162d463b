import { Inject, Injectable } from '@nestjs/common';
import { Secrets } from '../../crypto/secrets.js';
import { Databases } from '../../db/databases.js';
import { Cron } from '../../jobs/job.decorator.js';
import { IdempotencyStore } from './idempotency.store.js';

/** Forgets answers under an Idempotency-Key after a day, up to 1,000 at each tick. */
@Injectable()
export class IdempotencySchedule {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    private readonly secrets: Secrets,
  ) {}

  @Cron('kernel.forget-answers', '*/10 * * * *')
  async forget(): Promise<void> {
    await new IdempotencyStore(this.databases.of('kernel'), this.secrets).forget();
  }
}
