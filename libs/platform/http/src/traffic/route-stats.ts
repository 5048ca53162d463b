import { metrics } from '#platform/core';

/** Upper bounds in milliseconds, as the histogram of the scrape shows them in seconds. */
const BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

/** Counts of one route, kept as plain numbers because every request adds to them; turned into Prometheus' form only when scraped. */
export class RouteStats {
  readonly byClass = new Float64Array(6);
  readonly buckets = new Float64Array(BOUNDS_MS.length + 1);
  sumMs = 0;

  constructor(readonly method: string, readonly route: string) {}

  add(status: number, ms: number): void {
    this.byClass[status < 600 ? (status / 100) | 0 : 5]! += 1;
    this.sumMs += ms;
    let at = 0;
    while (at < BOUNDS_MS.length && ms > BOUNDS_MS[at]!) at++;
    this.buckets[at]! += 1;
  }
}

const all = new Map<string, RouteStats>();

/** The statistics of a route template, shared by every edge of this process. Bounded: there are as many as routes. */
export function routeStats(method: string, route: string): RouteStats {
  const key = `${method} ${route}`;
  let found = all.get(key);
  if (!found) {
    found = new RouteStats(method, route);
    all.set(key, found);
  }
  return found;
}

interface MetricValue {
  value: number;
  labels: Record<string, string | number>;
  metricName?: string;
}

/** Two metrics in the shape prom-client's registry asks of its members. */
function register(name: string, help: string, type: 'counter' | 'histogram', values: () => MetricValue[]): void {
  const metric = { name, help, type, aggregator: 'sum', get: async () => ({ name, help, type, values: values(), aggregator: 'sum' }), reset: () => undefined };
  metrics.registry.removeSingleMetric(name);
  metrics.registry.registerMetric(metric as never);
}

register('atoll_http_requests_total', 'Requests answered, by route template and class of status', 'counter', () =>
  [...all.values()].flatMap(({ method, route, byClass }) =>
    [...byClass].flatMap((value, at) => (value > 0 ? [{ value, labels: { method, route, status: `${at}xx` } }] : [])),
  ),
);

register('atoll_http_request_duration_seconds', 'From the first byte of the request to the end of its answer, by route template', 'histogram', () =>
  [...all.values()].filter(({ sumMs }) => sumMs > 0).flatMap(({ method, route, buckets, sumMs }) => {
    let count = 0;
    const name = 'atoll_http_request_duration_seconds';
    const values: MetricValue[] = BOUNDS_MS.map((bound, at) => ({ value: (count += buckets[at]!), labels: { le: bound / 1_000, method, route }, metricName: `${name}_bucket` }));
    count += buckets[BOUNDS_MS.length]!;
    return [
      ...values,
      { value: count, labels: { le: '+Inf', method, route }, metricName: `${name}_bucket` },
      { value: sumMs / 1_000, labels: { method, route }, metricName: `${name}_sum` },
      { value: count, labels: { method, route }, metricName: `${name}_count` },
    ];
  }),
);
