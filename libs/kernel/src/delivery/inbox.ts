import { current } from '../context/scope.js';
import type { Db } from '../db/db.js';
import type { Delivery } from './delivery.store.js';

const FIRST_TIME = `
  insert into kernel.inbox (tenant_id, message_id, handler, step) values ($1, $2, $3, $4)
  on conflict do nothing returning true as first`;

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

export async function firstTimeAndOurs(db: Db, { messageId, handler, claim }: Delivery, lease: string, step: string): Promise<{ ours: boolean; first: boolean }> {
  const [row] = await db.query<{ ours: boolean; first: boolean }>(FIRST_TIME_AND_OURS, [current().tenantId, messageId, handler, step, lease, claim]);
  return row!;
}
