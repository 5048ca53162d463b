import { Injectable } from '@nestjs/common';
import { Db } from '#platform/database';
import { Jobs, On, type Received } from '#platform/messaging';
import { current } from '#platform/core';
import { tenantArrived } from '#platform/privacy';
import { indexDocuments } from '../jobs.js';

const TOGETHER = 20;

/** A tenant that was imported brings its documents without the index: it is made again here. */
@Injectable()
export class ArrivalHandler {
  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
  ) {}

  @On(tenantArrived, 'search.index-arrived')
  async arrived(_event: Received<typeof tenantArrived>): Promise<void> {
    const rows = await this.db.query<{ id: string }>(`select id from search.document where tenant_id = $1 and state = 'queued' order by id`,
      [current().tenantId]);
    const ids = rows.map(({ id }) => id);
    for (let at = 0; at < ids.length; at += TOGETHER) await this.jobs.add(indexDocuments, { documentIds: ids.slice(at, at + TOGETHER) },
      { priority: 'low' });
  }
}
