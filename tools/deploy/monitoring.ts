import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Manifest, METRICS, own } from './workload.js';

/**
 * What the Prometheus Operator reads: a monitor of all of Atoll's pods, which gives each series the `process` label that alerts and
 * dashboards go by (the context, as compose calls its services), and the alerts of deploy/observe as a rule.
 */
export function monitoring(root: string): Manifest[] {
  const { groups } = parse(readFileSync(join(root, 'deploy/observe/prometheus/alerts.yml'), 'utf8')) as { groups: unknown[] };
  const port = { name: 'metrics', port: METRICS, targetPort: 'metrics' };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'atoll-metrics', labels: { 'app.kubernetes.io/name': 'atoll-metrics' } },
      spec: { clusterIP: 'None', publishNotReadyAddresses: true, selector: own({}), ports: [port] } },
    { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', metadata: { name: 'atoll', labels: own({}) },
      spec: {
        selector: { matchLabels: { 'app.kubernetes.io/name': 'atoll-metrics' } },
        endpoints: [{ port: 'metrics', interval: '15s', relabelings: [
          { targetLabel: 'job', replacement: 'atoll' },
          { sourceLabels: ['__meta_kubernetes_pod_label_atoll_dev_context'], targetLabel: 'process' },
          { sourceLabels: ['__meta_kubernetes_pod_name'], targetLabel: 'instance' },
        ] }],
      } },
    { apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', metadata: { name: 'atoll', labels: own({}) }, spec: { groups } },
  ];
}
