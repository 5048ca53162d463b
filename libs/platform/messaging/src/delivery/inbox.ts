import { current } from '#platform/core';
import type { Db } from '#platform/database';
import type { Delivery } from './delivery.store.js';

const FIRST_TIME = `
  insert into kernel.inbox (tenant_id, message_id, handler, step) values ($1, $2, $3, $4)
  on conflict do nothing returning true as first`;

/** The same for several messages. All processes take them in one order, so that two never wait for each other. */
const FIRST_TIMES = `
  insert into kernel.inbox (tenant_id, message_id, handler, step) select $1::uuid, m.id, $3, '' from unnest($2::uuid[]) as m (id) order by m.id
  on conflict do nothing returning message_id as id`;

/** The same, and only while the claim is ours: a runner that slept through its lease, or whose job was cancelled, writes nothing. */
const FIRST_TIME_AND_OURS = `
  with ours as (
    select exists (
      select 1 from kernel.delivery where tenant_id = $1 and message_id = $2 and handler = $3 and status = 'running' and lease = $5 and claim = $6
    ) as yes
  ), noted as (
    insert into kernel.inbox (tenant_id, message_id, handler, step) select $1, $2, $3, $4 from ours where yes
    on conflict do nothing returning true as first
  )
  select yes as ours, coalesce((select first from noted), false) as first from ours`;

/**
 * Notes inside the handler's own transaction that it ran. False: it has run and committed before, so its effects are there already. Two
 * runs at once wait for each other here, on the row.
 */
export async function firstTime(db: Db, { messageId, handler }: Delivery): Promise<boolean> {
  return (await db.query(FIRST_TIME, [current().tenantId, messageId, handler, ''])).length > 0;
}

/** `firstTime` of several messages of one handler: the ids of those that have not run before. */
export async function firstTimes(db: Db, deliveries: Delivery[]): Promise<Set<string>> {
  const rows = await db.query<{ id: string }>(FIRST_TIMES, [current().tenantId, deliveries.map(({ messageId }) => messageId), deliveries[0]!.handler]);
  return new Set(rows.map(({ id }) => id));
}

export async function firstTimeAndOurs(db: Db, { messageId, handler, claim }: Delivery, lease: string, step: string): Promise<{ ours: boolean; first: boolean }> {
  const [row] = await db.query<{ ours: boolean; first: boolean }>(FIRST_TIME_AND_OURS, [current().tenantId, messageId, handler, step, lease, claim]);
  return row!;
}
