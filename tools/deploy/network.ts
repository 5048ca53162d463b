import { type Manifest, own } from './workload.js';

const CONTEXT = 'atoll.dev/context';

/** Label of the pods of one context, by which policies find them. */
export function podsOf(context: string): Record<string, string> {
  return { [CONTEXT]: context };
}

const DNS = { to: [{ namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
  ports: [{ protocol: 'UDP', port: 53 }, { protocol: 'TCP', port: 53 }] };
/** Databases are found by label in this cluster; one outside needs an ipBlock here. */
const STORES = {
  to: [{ namespaceSelector: {}, podSelector: { matchLabels: { 'atoll.dev/store': 'postgres' } } },
    { namespaceSelector: {}, podSelector: { matchLabels: { 'atoll.dev/store': 'redis' } } }],
  ports: [{ protocol: 'TCP', port: 5432 }, { protocol: 'TCP', port: 6379 }],
};
/** The collector of traces (OTLP), found by label like the stores. */
const COLLECTOR = {
  to: [{ namespaceSelector: {}, podSelector: { matchLabels: { 'atoll.dev/collector': 'otlp' } } }],
  ports: [{ protocol: 'TCP', port: 4318 }, { protocol: 'TCP', port: 4317 }],
};
const METRICS = { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
  ports: [{ protocol: 'TCP', port: 9464 }] };
const FROM_INGRESS = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } };
/** The public internet, for models and mail: no private network, no metadata service. */
const OUTSIDE = {
  to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'] } }],
  ports: [443, 465, 587].map((port) => ({ protocol: 'TCP', port })),
};

const HTTP = [{ protocol: 'TCP', port: 3000 }];

export interface Reach {
  /** Contexts whose pods may connect here. */
  from: string[];
  /** Contexts whose pods this one may connect to. */
  to: string[];
  /** Whether the ingress controller sends requests here. */
  ingress: boolean;
  /** Whether it calls models or sends mail on the internet. */
  outside: boolean;
}

/** What the pods of one workload may reach and be reached by; everything else is closed. */
export function networkPolicy(name: string, labels: Record<string, string>, { from, to, ingress, outside }: Reach): Manifest {
  const callers = [...(ingress ? [FROM_INGRESS] : []), ...from.map((context) => ({ podSelector: { matchLabels: own(podsOf(context)) } }))];
  const callees = to.length > 0 ? [{ to: to.map((context) => ({ podSelector: { matchLabels: own(podsOf(context)) } })), ports: HTTP }] : [];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name },
    spec: {
      podSelector: { matchLabels: own(labels) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [...(callers.length > 0 ? [{ from: callers, ports: HTTP }] : []), METRICS],
      egress: [DNS, STORES, COLLECTOR, ...callees, ...(outside ? [OUTSIDE] : [])],
    },
  };
}
