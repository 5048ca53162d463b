import { Injectable } from '@nestjs/common';
import { Jobs, On, type Received } from '#platform/messaging';
import { tenantArrived } from '#platform/privacy';
import { orderIndexing } from '../jobs.js';

/** A tenant that was imported brings its documents without the index, queued: it is made again here. */
@Injectable()
export class ArrivalHandler {
  constructor(private readonly jobs: Jobs) {}

  @On(tenantArrived, 'search.index-arrived')
  arrived(_event: Received<typeof tenantArrived>): Promise<void> {
    return orderIndexing(this.jobs);
  }
}
