import { Inject, Injectable } from '@nestjs/common';
import { Databases, type Db } from '#platform/database';
import { Subscriptions } from '../outbox/subscriptions.js';
import { Cron } from '../api/job.decorator.js';
import { DeliveryConfig } from '../outbox/delivery.config.js';
import { HOSTED, HandlerRegistry } from '../api/handler-registry.js';

/** Small enough that no statement holds the embedded engine for long. */
const AT_A_TIME = 2_000;

/** How long nobody may have named a subscription before it counts as gone; longer than any rollout takes. */
const GRACE_SECONDS = 24 * 3600;

const FORGET_FINISHED = `
  delete from kernel.delivery d using (
    select tenant_id, message_id, handler from kernel.delivery
    where status = any ($1::text[]) and finished_at is not null and finished_at < now() - $2::int * interval '1 day' limit ${AT_A_TIME}
  ) s
  where d.tenant_id = s.tenant_id and d.message_id = s.message_id and d.handler = s.handler returning true`;

/** A record outlives its delivery, however late that one is. */
const FORGET_INBOX = `
  delete from kernel.inbox i using (
    select tenant_id, message_id, handler, step from kernel.inbox old
    where done_at < now() - $1::int * interval '1 day'
      and not exists (
        select 1 from kernel.delivery d where d.tenant_id = old.tenant_id and d.message_id = old.message_id and d.handler = old.handler)
    limit ${AT_A_TIME}
  ) s
  where i.tenant_id = s.tenant_id and i.message_id = s.message_id and i.handler = s.handler and i.step = s.step returning true`;

/** Keeps the tables of events and jobs bounded. */
@Injectable()
export class CleanupSchedule {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    private readonly registry: HandlerRegistry,
    private readonly config: DeliveryConfig,
    @Inject(HOSTED) private readonly hosted: string[],
  ) {}

  @Cron('kernel.tidy-history', '23 * * * *')
  async tidy(): Promise<void> {
    for (const db of this.databases.platformDbs()) {
      const subscriptions = new Subscriptions(db);
      await subscriptions.subscribe(this.registry.all());
      await subscriptions.retire(this.hosted, this.registry.all(), GRACE_SECONDS);
      await forget(db, FORGET_FINISHED, [['done', 'cancelled'], this.config.historyDays]);
      await forget(db, FORGET_FINISHED, [['dead'], this.config.deadLetterDays]);
      await forget(db, FORGET_INBOX, [this.config.historyDays]);
    }
  }
}

async function forget(db: Db, text: string, params: unknown[]): Promise<void> {
  let gone: unknown[];
  do {
    gone = await db.systemQuery('forgets finished jobs and old records', text, params);
  } while (gone.length === AT_A_TIME);
}
