import type { Db } from '#platform/database';
import { metrics } from '#platform/core';
import type { Outcome } from './outbox.store.js';

const handled = metrics.counter('atoll_deliveries_total', 'Deliveries to event handlers, jobs and schedules, by how the try ended',
  ['handler', 'outcome']);
const seconds = metrics.histogram('atoll_delivery_seconds', 'Time one try of a handler took', ['handler']);

const DEPTH = `
  select count(*) filter (where status in ('ready', 'sent'))::int as ready, count(*) filter (where status = 'delayed')::int as delayed,
    count(*) filter (where status = 'dead')::int as dead, count(*) filter (where status = 'parked')::int as parked,
    coalesce(extract(epoch from now() - min(due_at) filter (where status in ('ready', 'sent'))), 0)::float8 as oldest
  from kernel.delivery where status in ('ready', 'delayed', 'sent', 'dead', 'parked')`;

/** Deliveries by state, and for how many seconds the oldest waiting one has been due. */
export type Backlog = Record<'ready' | 'delayed' | 'dead' | 'parked' | 'oldest', number>;

/** Counting takes as long as the queue is: probes and scrapes of one moment share an answer. */
const FRESH_MS = 2_000;

export const deliveryMetrics = {
  /** Returns what to call at the end of the try. */
  started(handler: string): (outcome: Outcome['kind']) => void {
    const from = performance.now();
    return (outcome) => {
      handled.inc({ handler, outcome });
      seconds.observe({ handler }, (performance.now() - from) / 1000);
    };
  },

  /** Gauges of the queue. Returns how to read them. */
  watch(db: Db): () => Promise<Backlog> {
    let reading: { at: number; backlog: Promise<Backlog> } | undefined;
    const read = (): Promise<Backlog> => {
      if (!reading || performance.now() - reading.at > FRESH_MS) {
        const backlog = db.system('reads the depth of the queue', async () => (await db.query<Backlog>(DEPTH))[0]!);
        reading = { at: performance.now(), backlog };
        backlog.catch(() => (reading = undefined));
      }
      return reading.backlog;
    };
    const help: [keyof Backlog, string, string][] = [
      ['ready', 'atoll_deliveries_ready', 'Deliveries that wait for a free handler'],
      ['delayed', 'atoll_deliveries_delayed', 'Deliveries that are not due yet or between tries'],
      ['dead', 'atoll_deliveries_dead', 'Dead letters'],
      ['parked', 'atoll_deliveries_parked', 'Deliveries of versions that no running code knows, and jobs of suspended tenants'],
      ['oldest', 'atoll_delivery_oldest_seconds', 'How long the oldest waiting delivery has been due'],
    ];
    for (const [key, name, text] of help) metrics.gauge(name, text, async () => (await read())[key]);
    return read;
  },
};
