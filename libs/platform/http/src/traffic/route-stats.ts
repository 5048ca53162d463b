import { metrics } from '#platform/core';

const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const ANSWERED = 'Requests answered, by route template and class of status';
const answered = metrics.counter('atoll_http_requests_total', ANSWERED, ['method', 'route', 'status']);
const DURATION = 'From the first byte of the request to the end of its answer, by route template';
const seconds = metrics.histogram('atoll_http_request_duration_seconds', DURATION, ['method', 'route'], BOUNDS);

/** Counts and times of one route template, with the labels bound once instead of once a request. */
export class RouteStats {
  private readonly duration: ReturnType<typeof seconds.labels>;
  private readonly byClass: ReturnType<typeof answered.labels>[] = [];

  constructor(private readonly method: string, private readonly route: string) {
    this.duration = seconds.labels({ method, route });
  }

  add(status: number, ms: number): void {
    const first = Math.floor(status / 100);
    this.byClass[first] ??= answered.labels({ method: this.method, route: this.route, status: `${first}xx` });
    this.byClass[first].inc();
    this.duration.observe(ms / 1_000);
  }
}
