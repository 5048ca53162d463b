import { type Manifest, own, type Workload, deployment } from './workload.js';

/** Share of requests in percent, and how long it is watched before the next step. */
const STEPS = [10, 30, 60];
const PAUSE = '5m';
/** Server errors among all requests above which the new version is taken back. */
const MOST_ERRORS = 0.02;

/**
 * Argo Rollouts in place of a Deployment: the next version is given a growing share of the requests, and is taken back by itself as soon as
 * its errors say so. Promote or abort by hand with `kubectl argo rollouts promote|abort atoll`.
 */
export function rollout(workload: Workload): Manifest[] {
  const { spec, metadata } = deployment(workload) as { spec: Record<string, unknown>; metadata: object };
  const steps = STEPS.flatMap((setWeight) => [{ setWeight }, { pause: { duration: PAUSE } }]);
  const { strategy: _rolling, ...same } = spec;
  return [
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata,
      spec: { ...same, strategy: { canary: { steps,
        analysis: { templates: [{ templateName: 'atoll-errors' }], startingStep: 1 } } } } },
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisTemplate', metadata: { name: 'atoll-errors', labels: own({}) },
      spec: { metrics: [{
        name: 'server-errors', interval: '1m', failureLimit: 2,
        successCondition: `len(result) == 0 || isNaN(result[0]) || result[0] < ${MOST_ERRORS}`,
        provider: { prometheus: { address: 'http://prometheus-operated.monitoring:9090',
          query: 'sum(rate(atoll_http_requests_total{status="5xx"}[2m])) / sum(rate(atoll_http_requests_total[2m]))' } },
      }] } },
  ];
}
