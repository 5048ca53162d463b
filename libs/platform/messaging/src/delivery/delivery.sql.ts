/** Statements of the dispatcher and the publishers. Postgres 15 SQL. */

/**
 * Publishes any number of events in one statement: a row per event and subscribed handler. A handler that does not know the event's
 * version gets its row parked until it does; an event nobody is subscribed to leaves no row.
 */
export const PUBLISH = `
  with s as materialized (
    select event, handler, context, array_agg(version) as versions from kernel.subscription where event = any ($3::text[]) group by event, handler, context
  )
  insert into kernel.delivery (tenant_id, message_id, handler, context, kind, name, version, body, signature, status)
  select $1::uuid, m.id, s.handler, s.context, 'event', m.name, m.version, m.body, m.signature, case when m.version = any (s.versions) then 'ready' else 'parked' end
  from unnest($2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[]) as m (id, name, version, body, signature)
  join s on s.event = m.name`;

/** Adds one job. A waiting one of the same key is returned instead, and kept from starting until this transaction has committed. */
export const ADD_JOB = `
  insert into kernel.delivery (tenant_id, message_id, handler, context, kind, name, version, body, signature, status, priority, due_at, dedupe_key)
  values ($1, $2, $3, $4, 'job', $3, $5, $6, $7, case when $9::int > 0 then 'delayed' else 'ready' end, $8, now() + $9::int * interval '1 ms', $10)
  on conflict (tenant_id, handler, dedupe_key) where dedupe_key is not null do update set dedupe_key = excluded.dedupe_key
  returning message_id as id`;

/**
 * This commit does not wait for the disk: a server that crashes within the next second forgets it, the row is handed out again, and the inbox
 * knows what had been done. What commits after it and does wait brings it to the disk as well.
 */
const LAZILY = `lazily as materialized (select set_config('synchronous_commit', 'off', true))`;

/**
 * $1 handler, $2 tenant whose turn was last, $3 how many, $4 lease, $5 its length in ms, $6 versions known here.
 * `turn` is a loose index scan: it steps from tenant to tenant along delivery_ready without reading their rows, so its cost is the number
 * of tenants it visits (at most $3), however long any one's queue is.
 */
export const CLAIM = `
  with recursive ${LAZILY}, turn as (
    (select tenant_id, 1 as place from kernel.delivery where status = 'ready' and handler = $1 and tenant_id > $2::uuid order by tenant_id limit 1)
    union all
    select (select d.tenant_id from kernel.delivery d where d.status = 'ready' and d.handler = $1 and d.tenant_id > turn.tenant_id order by d.tenant_id limit 1), place + 1
    from turn where turn.tenant_id is not null and place < $3::int
  ), share as (
    select greatest(1, $3::int / greatest(1, count(*)))::int as size from turn where tenant_id is not null
  ), picked as materialized (
    select one.tenant_id, one.message_id from turn cross join lateral (
      select d.tenant_id, d.message_id from kernel.delivery d
      where d.status = 'ready' and d.handler = $1 and d.tenant_id = turn.tenant_id and d.version = any ($6::int[])
      order by d.priority, d.due_at limit (select size from share) for update skip locked
    ) one
    where turn.tenant_id is not null
  )
  update kernel.delivery d
  set status = 'running', lease = $4::uuid, lease_until = now() + $5::int * interval '1 ms', claim = d.claim + 1, attempt = d.attempt + 1, dedupe_key = null
  from picked cross join lazily where d.tenant_id = picked.tenant_id and d.message_id = picked.message_id and d.handler = $1
  returning d.tenant_id as "tenantId", d.message_id as "messageId", d.handler, d.context, d.kind, d.name, d.version, d.body, d.signature, d.attempt, d.claim, d.died,
    (select size from share) as share, (select count(*)::int from turn where tenant_id is not null) as visited`;

/** The fence: a row is ended only by the claim that holds it. */
const OURS = `d.status = 'running' and d.lease = $1::uuid`;
const SAME = `d.tenant_id = s.tenant_id and d.message_id = s.message_id and d.handler = s.handler and d.claim = s.claim`;
const KEYS = `$2::uuid[], $3::uuid[], $4::text[], $5::int[]`;

/** A handled event leaves its inbox record and nothing else. */
export const FORGET_EVENTS = `
  with ${LAZILY} delete from kernel.delivery d using unnest(${KEYS}) as s (tenant_id, message_id, handler, claim) cross join lazily where ${OURS} and ${SAME}`;

/** A schedule's run leaves nothing at all, so this is all that says that it was. */
export const FORGET_TICKS = `
  delete from kernel.delivery d using unnest(${KEYS}) as s (tenant_id, message_id, handler, claim) where ${OURS} and ${SAME}`;

export const FINISH = `
  update kernel.delivery d
  set status = 'done', finished_at = now(), progress = 1, result = s.result::json, error = null, lease = null, lease_until = null
  from unnest(${KEYS}, $6::text[]) as s (tenant_id, message_id, handler, claim, result) where ${OURS} and ${SAME}`;

/** Between tries, dead, or handed back unstarted: then the try does not count. */
export const FAIL = `
  update kernel.delivery d
  set status = s.status, due_at = now() + s.delay * interval '1 ms', error = coalesce(s.error::json, d.error), lease = null, lease_until = null,
    finished_at = case when s.status = 'dead' then now() end,
    attempt = case when s.status = 'ready' then d.attempt - 1 else d.attempt end
  from unnest(${KEYS}, $6::text[], $7::int[], $8::text[]) as s (tenant_id, message_id, handler, claim, status, delay, error) where ${OURS} and ${SAME}`;

/** Rows that are just being ended are stepped over, or the two statements could wait for each other; the answer is all that is still ours. */
export const HEARTBEAT = `
  with kept as (
    update kernel.delivery d set lease_until = now() + $2::int * interval '1 ms'
    from (select tenant_id, message_id, handler from kernel.delivery where status = 'running' and lease = $1::uuid for update skip locked) s
    where d.tenant_id = s.tenant_id and d.message_id = s.message_id and d.handler = s.handler
  )
  select d.message_id as "messageId", d.handler, d.claim from kernel.delivery d where ${OURS}`;

export const PROGRESS = `
  update kernel.delivery d set progress = $6::real
  where ${OURS} and d.tenant_id = $2 and d.message_id = $3 and d.handler = $4 and d.claim = $5`;

export const PROMOTE = `
  update kernel.delivery d set status = 'ready'
  from (select tenant_id, message_id, handler from kernel.delivery where status = 'delayed' and due_at <= now() for update skip locked) s
  where d.tenant_id = s.tenant_id and d.message_id = s.message_id and d.handler = s.handler`;

/**
 * What was running when its process died or fell silent. Such a try does not count: nobody knows whose fault it was. The first time it is
 * ready at once; after that it waits longer each time, at random, so that a message that kills its process meets others less and less.
 */
const TAKEN_BACK = `
  set status = case when d.died = 0 then 'ready' else 'delayed' end,
    due_at = now() + case when d.died = 0 then 0 else least(60, 2 ^ d.died) * (0.5 + random()) end * interval '1 s',
    died = d.died + 1, attempt = d.attempt - 1, lease = null, lease_until = null`;

export const TAKE_BACK = `
  update kernel.delivery d ${TAKEN_BACK}
  from (select tenant_id, message_id, handler from kernel.delivery where status = 'running' and lease_until < now() for update skip locked) s
  where d.tenant_id = s.tenant_id and d.message_id = s.message_id and d.handler = s.handler`;

export const TAKE_BACK_ALL = `update kernel.delivery d ${TAKEN_BACK} where d.status = 'running'`;

/** $1 handlers of this process: which of them have ready rows, found by one index probe each. */
export const OUTLOOK = `
  select
    (select array_agg(h.name) from unnest($1::text[]) as h (name)
      where exists (select 1 from kernel.delivery d where d.status = 'ready' and d.handler = h.name)) as ready,
    (select (extract(epoch from min(due_at) - now()) * 1000)::float8 from kernel.delivery where status = 'delayed') as "nextDueMs"`;
