import { Inject, Injectable } from '@nestjs/common';
import { Secrets } from '#platform/core';
import { Databases } from '#platform/database';
import { Cron } from '#platform/messaging';
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
    await new IdempotencyStore(this.databases, this.secrets).forget();
  }
}
