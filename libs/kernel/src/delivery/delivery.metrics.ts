import type { Db } from '../db/db.js';
import { metrics } from '../observability/metrics.js';
import type { Outcome } from './delivery.store.js';

const handled = metrics.counter('atoll_deliveries_total', 'Deliveries to event handlers, jobs and schedules, by how the try ended', ['handler', 'outcome']);
const seconds = metrics.histogram('atoll_delivery_seconds', 'Time one try of a handler took', ['handler']);

const DEPTH = `
  select count(*) filter (where status = 'ready')::int as ready, count(*) filter (where status = 'delayed')::int as delayed,
    count(*) filter (where status = 'dead')::int as dead, count(*) filter (where status = 'parked')::int as parked,
    coalesce(extract(epoch from now() - min(due_at) filter (where status = 'ready')), 0)::float8 as oldest
  from kernel.delivery where status in ('ready', 'delayed', 'dead', 'parked')`;

type Depth = Record<'ready' | 'delayed' | 'dead' | 'parked' | 'oldest', number>;

export const deliveryMetrics = {
  /** Returns what to call at the end of the try. */
  started(handler: string): (outcome: Outcome['kind']) => void {
    const from = performance.now();
    return (outcome) => {
      handled.inc({ handler, outcome });
      seconds.observe({ handler }, (performance.now() - from) / 1000);
    };
  },

  /** Gauges of the queue, read once per scrape. */
  watch(db: Db): void {
    let reading: Promise<Depth> | undefined;
    const read = (): Promise<Depth> => {
      reading ??= db.system('reads the depth of the queue for metrics', async () => (await db.query<Depth>(DEPTH))[0]!).finally(() => setImmediate(() => (reading = undefined)));
      return reading;
    };
    const help: [keyof Depth, string, string][] = [
      ['ready', 'atoll_deliveries_ready', 'Deliveries that wait for a free handler'],
      ['delayed', 'atoll_deliveries_delayed', 'Deliveries that are not due yet or between tries'],
      ['dead', 'atoll_deliveries_dead', 'Dead letters'],
      ['parked', 'atoll_deliveries_parked', 'Deliveries of versions that no running code knows'],
      ['oldest', 'atoll_delivery_oldest_seconds', 'How long the oldest waiting delivery has been due'],
    ];
    for (const [key, name, text] of help) metrics.gauge(name, text, async () => (await read())[key]);
  },
};
