import { current } from '#platform/core';
import type { Db } from '#platform/database';
import type { Delivery } from './outbox.store.js';

/** All processes take them in one order, so that two never wait for each other. */
const FIRST_TIMES = `
  insert into kernel.inbox (tenant_id, message_id, handler, step)
  select $1::uuid, m.id, $3, '' from unnest($2::uuid[]) as m (id) order by m.id
  on conflict do nothing returning message_id as id`;

/** Only while the run holds the row: one that was taken over, or whose job was cancelled, writes nothing. */
const FIRST_TIME_AND_OURS = `
  with ours as (
    select exists (
      select 1 from kernel.delivery where tenant_id = $1 and message_id = $2 and handler = $3 and status = 'running' and claim = $5
    ) as yes
  ), noted as (
    insert into kernel.inbox (tenant_id, message_id, handler, step) select $1, $2, $3, $4 from ours where yes
    on conflict do nothing returning true as first
  )
  select yes as ours, coalesce((select first from noted), false) as first from ours`;

/**
 * Notes inside the handler's own transaction that these events were handled, and returns those that had not been before. For rows in
 * another database, which that transaction cannot end.
 */
export async function firstTimes(db: Db, rows: Delivery[]): Promise<Delivery[]> {
  const params = [current().tenantId, rows.map(({ messageId }) => messageId), rows[0]!.handler];
  const first = new Set((await db.query<{ id: string }>(FIRST_TIMES, params)).map(({ id }) => id));
  return rows.filter(({ messageId }) => first.has(messageId));
}

/** Notes inside the transaction of a job's `once` that this step was done, unless an earlier try did or the job is no longer ours. */
export async function firstTimeAndOurs(db: Db, { messageId, handler, claim }: Delivery,
  step: string): Promise<{ ours: boolean; first: boolean }> {
  const [row] = await db.query<{ ours: boolean; first: boolean }>(FIRST_TIME_AND_OURS,
    [current().tenantId, messageId, handler, step, claim]);
  return row!;
}
