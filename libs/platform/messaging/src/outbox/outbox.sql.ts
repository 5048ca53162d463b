import { PLANNED_ANEW } from '#platform/database';

/** Statements of the publishers, the relay and the workers on `kernel.delivery`. Postgres 15 SQL. */

/**
 * Publishes any number of events in one statement: a row per event and subscribed handler. A handler that does not know the event's
 * version gets its row parked until it does; an event nobody is subscribed to leaves no row. Tells the rows that are to be handled: a
 * publisher may not read what it wrote for other contexts. $7 handlers whose rows go to their queue right after the commit.
 */
export const PUBLISH = `
  with s as materialized (
    select event, handler, context, array_agg(version) as versions from kernel.subscription where event = any ($3::text[])
    group by event, handler, context
  ), message as materialized (
    select m.*, s.handler, s.context, m.version = any (s.versions) as known, s.handler = any ($7::text[]) as sent
    from unnest($2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[]) as m (id, name, version, body, signature)
    join s on s.event = m.name
  ), written as (
    insert into kernel.delivery (tenant_id, message_id, handler, context, kind, name, version, body, signature, status, sent_at)
    select $1::uuid, id, handler, context, 'event', name, version, body, signature,
      case when not known then 'parked' when sent then 'sent' else 'ready' end, case when known and sent then now() end from message
  )
  select id as "messageId", handler, version, not sent as waits from message where known`;

/**
 * Adds one job. A waiting one of the same key is returned instead, and kept from starting until this transaction has committed. $11
 * whether it goes to its queue right after the commit.
 */
export const ADD_JOB = `
  insert into kernel.delivery
    (tenant_id, message_id, handler, context, kind, name, version, body, signature, status, priority, due_at, dedupe_key, sent_at)
  values ($1, $2, $3, $4, 'job', $3, $5, $6, $7, case when $9::int > 0 then 'delayed' when $11 then 'sent' else 'ready' end, $8,
    now() + $9::int * interval '1 ms', $10, case when $11 then now() end)
  on conflict (tenant_id, handler, dedupe_key) where dedupe_key is not null do update set dedupe_key = excluded.dedupe_key
  returning message_id as id`;

/**
 * This commit does not wait for the disk: a server that crashes within the next second forgets it, and the row is handed out again. What
 * commits after it and does wait brings it to the disk as well.
 */
const LAZILY = `lazily as materialized (select set_config('synchronous_commit', 'off', true))`;

/**
 * Marks ready rows of one handler as sent: $1 handler, $2 tenant whose turn was last, $3 how many at most, $4 versions known here (null:
 * any), $5 how many of the handler may be with its queues at once, those that run included (null: no bound). The answer tells the room
 * also where there is no row.
 * `turn` is a loose index scan: it steps from tenant to tenant along delivery_ready without reading their rows, so its cost is the number
 * of tenants it visits, however long any one's queue is. Rows that another process is just taking are stepped over. A plan that was made
 * while the outbox was empty would read all of a backlog to mark a few rows.
 */
export const CLAIM = `${PLANNED_ANEW}
  with recursive ${LAZILY}, room as materialized (
    select greatest(0, least($3::int, $5::int - case when $5::int is null then 0 else (
      select count(*)::int from kernel.delivery where handler = $1 and status in ('sent', 'running')) end)) as size
  ), turn as (
    (select tenant_id, 1 as place from kernel.delivery
     where status = 'ready' and handler = $1 and tenant_id > $2::uuid order by tenant_id limit 1)
    union all
    select (select d.tenant_id from kernel.delivery d
            where d.status = 'ready' and d.handler = $1 and d.tenant_id > turn.tenant_id order by d.tenant_id limit 1), place + 1
    from turn where turn.tenant_id is not null and place < (select size from room)
  ), share as (
    select greatest(1, (select size from room) / greatest(1, count(*)))::int as size from turn where tenant_id is not null
  ), picked as materialized (
    select one.tenant_id, one.message_id, row_number() over () as place from turn cross join lateral (
      select d.tenant_id, d.message_id from kernel.delivery d
      where d.status = 'ready' and d.handler = $1 and d.tenant_id = turn.tenant_id and ($4::int[] is null or d.version = any ($4::int[]))
      order by d.priority, d.due_at limit (select size from share) for update skip locked
    ) one
    where turn.tenant_id is not null and (select size from room) > 0
  ), sent as (
    update kernel.delivery d set status = 'sent', sent_at = now()
    from picked cross join lazily
    where d.tenant_id = picked.tenant_id and d.message_id = picked.message_id and d.handler = $1
    returning d.tenant_id as "tenantId", d.message_id as "messageId", d.version, d.claim, d.died, picked.place
  )
  select size as room, sent.* from room left join sent on true order by place`;

const FIELDS = `d.tenant_id as "tenantId", d.message_id as "messageId", d.handler, d.kind, d.name, d.version, d.body, d.signature,
    d.attempt, d.claim, d.died`;
const WAITS = `d.status in ('ready', 'sent')`;

const PARKED = 'kernel.tenant-parked';
const WHY_PARKED = JSON.stringify({ code: 'forbidden', reason: PARKED,
  message: 'The tenant is suspended, so its jobs wait. They go on once it is resumed.' });

/**
 * The start of a job's or schedule's run. No row: it was cancelled, has ended, or runs elsewhere. From now on `claim` says whose it is.
 * Where the tenant is parked it waits as `parked` instead, unless $4 says that this handler runs all the same.
 */
export const START = `
  with ${LAZILY}, gate as (
    select not $4::boolean and exists (select 1 from kernel.tenant_parking where tenant_id = $1 and parked) as shut
  )
  update kernel.delivery d
  set status = case when shut then 'parked' else 'running' end, attempt = d.attempt + case when shut then 0 else 1 end, claim = d.claim + 1,
    dedupe_key = case when shut then d.dedupe_key end, sent_at = case when shut then null else now() end,
    error = case when shut then '${WHY_PARKED}'::json else d.error end
  from lazily, gate where d.tenant_id = $1 and d.message_id = $2 and d.handler = $3 and ${WAITS} returning ${FIELDS}, d.status`;

/**
 * The handler's own transaction ends the rows whose effects it writes: what comes back is to be handled now, and a row that does not was
 * handled before. Two runs of one row wait for each other here. Under the context's own role. $4 and $5, the first and the last of the
 * ids, bound what the index is read for.
 */
export const END_EVENTS = `
  delete from kernel.delivery d
  where d.tenant_id = $1 and d.handler = $2 and d.message_id = any ($3::uuid[]) and d.message_id between $4 and $5 and d.kind = 'event'
    and ${WAITS} returning ${FIELDS}`;

/** The same for rows in another database than the handler's: read before its transaction, ended after it; the inbox is the fence. */
export const READ_EVENTS = `
  select ${FIELDS} from kernel.delivery d
  where d.tenant_id = $1 and d.handler = $2 and d.message_id = any ($3::uuid[]) and d.kind = 'event' and ${WAITS}`;

/** The fence: a row is ended only by the run that holds it. */
const KEYS = `unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]`;
const SAME = `d.tenant_id = s.tenant_id and d.message_id = s.message_id and d.handler = s.handler and d.claim = s.claim`;

/** A schedule's run leaves nothing at all, so this is all that says that it was. */
export const FORGET = `
  delete from kernel.delivery d using ${KEYS}) as s (tenant_id, message_id, handler, claim) where ${SAME}`;

export const FINISH = `
  update kernel.delivery d
  set status = 'done', finished_at = now(), progress = 1, result = s.result::json, error = null, sent_at = null
  from ${KEYS}, $5::text[]) as s (tenant_id, message_id, handler, claim, result) where d.status = 'running' and ${SAME}`;

/** Between tries, dead, or released untried. The claim moves on, so whatever still holds the old one ends nothing. */
export const FAIL = `
  update kernel.delivery d
  set status = s.status, due_at = now() + s.delay * interval '1 ms', error = coalesce(s.error::json, d.error), attempt = s.attempt,
    claim = d.claim + 1, sent_at = null, finished_at = case when s.status = 'dead' then now() end
  from ${KEYS}, $5::text[], $6::int[], $7::text[], $8::int[]) as s (tenant_id, message_id, handler, claim, status, delay, error, attempt)
  where d.status in ('ready', 'sent', 'running') and ${SAME}`;

/** Of rows that no run has read: who had them could not reach the database, or is closing. */
export const RELEASE = `
  update kernel.delivery d set status = 'ready', claim = d.claim + 1, sent_at = null
  where d.tenant_id = $1 and d.handler = $2 and d.message_id = any ($3::uuid[]) and d.status = 'sent'`;

export const PROGRESS = `
  update kernel.delivery d set progress = $5::real
  where d.status = 'running' and d.tenant_id = $1 and d.message_id = $2 and d.handler = $3 and d.claim = $4`;

/** What is due, and what its tenant is no longer parked for. */
export const PROMOTE = `
  with let_go as (
    update kernel.delivery d set status = 'ready', error = null
    where d.status = 'parked' and d.error->>'reason' = '${PARKED}'
      and not exists (select 1 from kernel.tenant_parking p where p.tenant_id = d.tenant_id and p.parked)
  )
  update kernel.delivery d set status = 'ready'
  from (select tenant_id, message_id, handler from kernel.delivery where status = 'delayed' and due_at <= now() for update skip locked) s
  where d.tenant_id = s.tenant_id and d.message_id = s.message_id and d.handler = s.handler`;

/**
 * What was with a process when that died or fell silent. Such a try does not count: nobody knows whose fault it was. The first time it is
 * ready at once; after that it waits longer each time, at random, so that a message that kills its process meets others less and less.
 */
const TAKE_BACK = `
  update kernel.delivery d
  set status = case when d.died = 0 then 'ready' else 'delayed' end,
    due_at = now() + case when d.died = 0 then 0 else least(60, 2 ^ d.died) * (0.5 + random()) end * interval '1 s',
    died = d.died + 1, attempt = case when d.status = 'running' then d.attempt - 1 else d.attempt end, claim = d.claim + 1, sent_at = null`;

/** $1 tenant, $2 handler, $3 messages, $4 how long, in milliseconds, nobody may have renewed what runs. */
export const TAKE_BACK_THESE = `${TAKE_BACK}
  where d.tenant_id = $1 and d.handler = $2 and d.message_id = any ($3::uuid[])
    and (d.status = 'sent' or d.status = 'running' and d.sent_at <= now() - $4::int * interval '1 ms')`;

/** The only runner of a database has just begun: whatever is marked as under way was cut off. */
export const TAKE_BACK_ALL = `${TAKE_BACK} where d.status in ('sent', 'running') and d.message_id <> all ($1::uuid[])`;

/** $1 age in milliseconds of the last sign of life. */
export const TAKE_BACK_LOST = `${TAKE_BACK}
  from (
    select tenant_id, message_id, handler from kernel.delivery
    where status = 'running' and sent_at < now() - $1::int * interval '1 ms' for update skip locked
  ) s
  where d.tenant_id = s.tenant_id and d.message_id = s.message_id and d.handler = s.handler`;

/** The sign of life of what runs here, in keys and claims. */
export const RENEW = `
  update kernel.delivery d set sent_at = now() from ${KEYS}) as s (tenant_id, message_id, handler, claim)
  where d.status = 'running' and ${SAME}`;

/**
 * $1 age in milliseconds; $2 handlers whose queues are empty, of which $3 is enough. The claim stays: what a queue still has is sent under
 * the same id, and that is nothing.
 */
export const SEND_AGAIN = `
  update kernel.delivery d set status = 'ready', sent_at = null
  from (
    select tenant_id, message_id, handler from kernel.delivery
    where status = 'sent' and sent_at <= now() - case when handler = any ($2::text[]) then $3::int else $1::int end * interval '1 ms'
    for update skip locked
  ) s
  where d.tenant_id = s.tenant_id and d.message_id = s.message_id and d.handler = s.handler`;

/** Which handlers have ready rows, stepping from one to the next along delivery_ready, and when the next delayed row is due. */
export const SNAPSHOT = `
  with recursive h as (
    (select handler from kernel.delivery where status = 'ready' order by handler limit 1)
    union all
    select (select d.handler from kernel.delivery d where d.status = 'ready' and d.handler > h.handler order by d.handler limit 1)
    from h where h.handler is not null
  )
  select (select array_agg(handler) from h where handler is not null) as ready,
    (select (extract(epoch from min(due_at) - now()) * 1000)::float8 from kernel.delivery where status = 'delayed') as "nextDueMs"`;

export const PLACE = `select '-' || md5(system_identifier || '/' || current_database()) as place from pg_control_system()`;
