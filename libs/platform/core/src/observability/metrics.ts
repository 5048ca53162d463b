import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const registry = new Registry();

/** Seconds: from cache hits to model answers. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * The process's Prometheus registry. Names start with `atoll_` and end in their unit; labels come from small fixed sets (route
 * templates, job names, outcomes), never from ids, tenants or user text: each combination lives in memory for ever.
 */
export const metrics = {
  registry,

  /**
   * @example `const answered = metrics.counter('atoll_agent_answers_total', 'Answers by outcome', ['outcome']); answered.inc({ outcome:
   * 'done' });`
   */
  counter<L extends string = never>(name: string, help: string, labels: L[] = []): Counter<L> {
    return found<Counter<L>>(name) ?? new Counter({ name, help, labelNames: labels, registers: [registry] });
  },

  histogram<L extends string = never>(name: string, help: string, labels: L[] = [], buckets: number[] = SECONDS): Histogram<L> {
    return found<Histogram<L>>(name) ?? new Histogram({ name, help, labelNames: labels, buckets, registers: [registry] });
  },

  /** `read` is asked at each scrape; a second gauge of the same name replaces the first (a restarted part of the process). */
  gauge(name: string, help: string, read: () => number | Promise<number>): Gauge {
    registry.removeSingleMetric(name);
    return new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await read());
      },
    });
  },
};

function found<M>(name: string): M | undefined {
  return registry.getSingleMetric(name) as M | undefined;
}
