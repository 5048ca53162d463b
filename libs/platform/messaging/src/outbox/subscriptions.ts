import type { Db } from '#platform/database';
import type { Handler } from '../api/handler-registry.js';

const SUBSCRIBE = `
  insert into kernel.subscription (event, handler, version, context)
  select * from unnest($1::text[], $2::text[], $3::int[], $4::text[])
  on conflict (event, handler, version) do update set seen_at = now(), context = excluded.context`;

/** What was parked because nobody knew its version, and is known now. */
const UNPARK = `
  update kernel.delivery d set status = 'ready', due_at = now()
  from unnest($1::text[], $2::int[]) as h (handler, version)
  where d.status = 'parked' and d.handler = h.handler and d.version = h.version`;

/** $1 contexts hosted here, $2 and $3 handlers and versions known here, $4 age in seconds. */
const UNKNOWN_HERE = `d.context = any ($1::text[])
    and not exists (
      select 1 from unnest($2::text[], $3::int[]) as h (handler, version) where h.handler = d.handler and h.version = d.version)`;

const RETIRE = `
  delete from kernel.subscription d where ${UNKNOWN_HERE} and d.seen_at < now() - $4::int * interval '1 s'`;

/** Delivered to nobody for so long: kept aside where `DeadLetters` shows it. */
const PARK = `
  update kernel.delivery d set status = 'parked'
  where ${UNKNOWN_HERE} and d.status in ('ready', 'sent') and d.due_at < now() - $4::int * interval '1 s'`;

/**
 * Who hears what, as rows: so a publisher knows the handlers of pods that are down, and an event waits for them. A subscription is
 * written by every process that hosts its handler; one that no process has named for `graceSeconds` has left the code.
 */
export class Subscriptions {
  constructor(private readonly db: Db) {}

  async subscribe(handlers: Handler[]): Promise<void> {
    const rows = versionsOf(handlers);
    const events = rows.filter(({ kind }) => kind === 'event');
    await this.db.system('writes down the subscriptions of this process', async () => {
      await this.db.query(SUBSCRIBE,
        [events.map((row) => row.message), events.map((row) => row.name), events.map((row) => row.version),
          events.map((row) => row.context)]);
      await this.db.query(UNPARK, [rows.map((row) => row.name), rows.map((row) => row.version)]);
    });
  }

  async retire(hosted: string[], handlers: Handler[], graceSeconds: number): Promise<void> {
    const rows = versionsOf(handlers);
    await this.db.system('retires subscriptions that left the code', async () => {
      const unknown = [hosted, rows.map((row) => row.name), rows.map((row) => row.version), graceSeconds];
      await this.db.query(RETIRE, unknown);
      await this.db.query(PARK, unknown);
    });
  }
}

function versionsOf(handlers: Handler[]): (Pick<Handler, 'kind' | 'name' | 'message' | 'context'> & { version: number })[] {
  return handlers.flatMap(({ kind, name, message, context, runs }) =>
    [...runs.keys()].map((version) => ({ kind, name, message, context, version })));
}
