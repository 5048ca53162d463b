import { ALL_CONTEXTS, backfill, globalTable, type Migration, systemPolicy, tenantTable } from '#platform/database';

/** The context of the role that runs the statement: atoll_search -> search. */
const OWN_CONTEXT = `(select substr(current_user::text, 7))`;

const OWN_HANDLER = `split_part(handler, '.', 1) = ${OWN_CONTEXT}`;

/** Besides the tenant's wall: contexts of one tenant do not read each other's messages. */
function narrow(table: string, command: 'select' | 'insert' | 'update' | 'delete', condition: string): string[] {
  const clause = command === 'insert' ? `with check (${condition})` : `using (${condition})`;
  return [
    `create policy context_${command} on ${table} as restrictive for ${command} to ${ALL_CONTEXTS} ${clause}`,
    `comment on policy context_${command} on ${table} is 'A context sees what its own handlers are given, and nothing of another context.'`,
  ];
}

const WHY = 'The dispatcher hands out the messages of all tenants, in turns; each is then handled under its own tenant.';

/**
 * One row per (message, handler): outbox, queue, job status and dead letter in one. A context may add messages of its own tenant for
 * anybody's handlers and see those of its own handlers; everything else is the dispatcher's.
 */
const delivery = [
  ...tenantTable('kernel.delivery', `
    message_id uuid not null,
    handler text not null,
    context text not null,
    kind text not null check (kind in ('event', 'job', 'cron')),
    name text not null,
    version int not null,
    body text not null,
    signature text not null,
    status text not null check (status in ('ready', 'delayed', 'running', 'done', 'dead', 'cancelled', 'parked')),
    priority smallint not null default 1,
    due_at timestamptz not null default now(),
    attempt int not null default 0,
    claim int not null default 0,
    died int not null default 0,
    dedupe_key text,
    lease uuid,
    lease_until timestamptz,
    progress real not null default 0,
    result json,
    error json,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    primary key (tenant_id, message_id, handler)`),
  ...narrow('kernel.delivery', 'select', `context = ${OWN_CONTEXT}`),
  ...narrow('kernel.delivery', 'update', `context = ${OWN_CONTEXT}`),
  `revoke update, delete on kernel.delivery from ${ALL_CONTEXTS}`,
  `grant update (dedupe_key) on kernel.delivery to ${ALL_CONTEXTS}`,
  ...systemPolicy('kernel.delivery', 'all', WHY),
  `create index delivery_ready on kernel.delivery (handler, tenant_id, priority, due_at) where status = 'ready'`,
  `create index delivery_due on kernel.delivery (due_at) where status = 'delayed'`,
  `create index delivery_leased on kernel.delivery (lease_until) where status = 'running'`,
  `create index delivery_parked on kernel.delivery (handler) where status = 'parked'`,
  `create index delivery_finished on kernel.delivery (status, finished_at) where finished_at is not null`,
  `create unique index delivery_dedupe on kernel.delivery (tenant_id, handler, dedupe_key) where dedupe_key is not null`,
];

/** What a handler has done, written in the transaction that did it. A context sees and writes the records of its own handlers. */
const inbox = [
  ...tenantTable('kernel.inbox', `
    message_id uuid not null,
    handler text not null,
    step text not null,
    done_at timestamptz not null default now(),
    primary key (tenant_id, message_id, handler, step)`),
  ...narrow('kernel.inbox', 'select', OWN_HANDLER),
  ...narrow('kernel.inbox', 'insert', OWN_HANDLER),
  `revoke update, delete on kernel.inbox from ${ALL_CONTEXTS}`,
  ...systemPolicy('kernel.inbox', 'select', 'Forgets records past their time.'),
  ...systemPolicy('kernel.inbox', 'delete', 'Forgets records past their time.'),
  `create index inbox_done on kernel.inbox (done_at)`,
];

const subscription = globalTable('kernel.subscription', `
  event text not null,
  handler text not null,
  version int not null,
  context text not null,
  seen_at timestamptz not null default now(),
  primary key (event, handler, version)`,
  'who hears which event is a fact of the code', { readers: 'context' });

const schedule = globalTable('kernel.schedule', `
  name text primary key,
  context text not null,
  pattern text not null,
  time_zone text not null,
  next_at timestamptz not null`,
  'schedules are system work');

export const deliveryMigration: Migration = {
  name: 'kernel/0001-delivery',
  up: [...delivery, ...inbox, ...subscription, ...schedule],
};

/**
 * A row is with the queues (`sent`), and a handler's own transaction ends its event. `lease` and `lease_until` are of the release before,
 * for whoever goes back to it.
 */
export const transportMigration: Migration = {
  name: 'kernel/0020-transport',
  up: [
    `alter table kernel.delivery drop constraint delivery_status_check`,
    `alter table kernel.delivery add constraint delivery_status_check
       check (status in ('ready', 'delayed', 'sent', 'running', 'done', 'dead', 'cancelled', 'parked'))`,
    `alter table kernel.delivery add column sent_at timestamptz`,
    ...backfill('kernel.delivery', [`update kernel.delivery set sent_at = now() where status = 'running'`]),
    `create index delivery_sent on kernel.delivery (handler, sent_at) where status in ('sent', 'running')`,
    `grant delete on kernel.delivery to ${ALL_CONTEXTS}`,
    ...narrow('kernel.delivery', 'delete', `context = ${OWN_CONTEXT} and kind = 'event' and status in ('ready', 'sent')`),
  ],
};
