import { stringify } from 'yaml';

/** One Kubernetes object, as it is written. */
export type Manifest = Record<string, unknown>;

/** Manifests as one file. Kubernetes reads YAML 1.1, where a bare `off` is no word but false. */
export function yamlOf(manifests: Manifest[]): string {
  return manifests.map((one) => stringify(one, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
}

export interface Workload {
  /** Name of the Deployment and of everything that belongs to it. */
  name: string;
  /** What tells its pods from others; the context, the worker, the colour. */
  labels: Record<string, string>;
  /** The image's name, which the kustomization gives a registry and a tag. */
  image?: string;
  command?: string[];
  env: Record<string, string>;
  /** Mounts the volume of uploaded files. */
  files: boolean;
  /** Left out where an autoscaler decides. */
  replicas?: number;
}

const HTTP = 3000;
export const METRICS = 9464;

/** A Deployment whose pods are nobody, write to /data and /tmp alone, and are given requests only while they are ready. */
export function deployment({ name, labels, image = 'atoll', command, env, files, replicas }: Workload): Manifest {
  const probe = (path: string, more: object): object => ({ httpGet: { path, port: 'http' }, timeoutSeconds: 4, ...more });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: own(labels) },
    spec: {
      ...(replicas && { replicas }),
      revisionHistoryLimit: 5,
      selector: { matchLabels: own(labels) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: own(labels), annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(METRICS) } },
        spec: {
          serviceAccountName: 'atoll',
          automountServiceAccountToken: false,
          // ATOLL_SHUTDOWN_DELAY_SECONDS (5), ATOLL_DRAIN_SECONDS (25) and what the drain itself takes.
          terminationGracePeriodSeconds: 45,
          securityContext: { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000,
            seccompProfile: { type: 'RuntimeDefault' } },
          topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: { matchLabels: own(labels) } }],
          containers: [{
            name: 'atoll',
            image,
            ...(command && { command }),
            ports: [{ name: 'http', containerPort: HTTP }, { name: 'metrics', containerPort: METRICS }],
            envFrom: [{ configMapRef: { name: 'atoll-settings' } }],
            env: [
              ...Object.entries(env).map(([key, value]) => ({ name: key, value })), secret('DATABASE_URL'), secret('ATOLL_SECRET'),
              secret('REDIS_URL', true), secret('OPENAI_API_KEY', true), secret('ATOLL_SMTP_URL', true),
              secret('ATOLL_S3_ACCESS_KEY_ID', true), secret('ATOLL_S3_SECRET_ACCESS_KEY', true),
            ],
            resources: { requests: { cpu: '250m', memory: '384Mi' }, limits: { memory: '1Gi' } },
            securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
            startupProbe: probe('/health/live', { periodSeconds: 2, failureThreshold: 60 }),
            livenessProbe: probe('/health/live', { periodSeconds: 10, failureThreshold: 6 }),
            readinessProbe: probe('/health/ready', { periodSeconds: 5, failureThreshold: 2 }),
            volumeMounts: [{ name: 'data', mountPath: '/data' }, { name: 'tmp', mountPath: '/tmp' }],
          }],
          volumes: [files ? { name: 'data', persistentVolumeClaim: { claimName: 'atoll-data' } }
            : { name: 'data', emptyDir: { sizeLimit: '64Mi' } }, { name: 'tmp', emptyDir: {} }],
        },
      },
    },
  };
}

export function service(name: string, labels: Record<string, string>): Manifest {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, labels: own(labels) },
    spec: { selector: own(labels), ports: [{ name: 'http', port: HTTP, targetPort: 'http' }] } };
}

/** Grows by CPU and by what CPU does not show: streams that are open (`pods`), deliveries that wait (`queue`). */
export function autoscaler(name: string, limits: { min: number; max: number },
  more: { streams?: number; queue?: number; rollout?: boolean }): Manifest {
  const metrics: object[] = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }];
  if (more.streams) metrics.push({ type: 'Pods',
    pods: { metric: { name: 'atoll_http_open_streams' }, target: { type: 'AverageValue', averageValue: String(more.streams) } } });
  if (more.queue) metrics.push({ type: 'External',
    external: { metric: { name: 'atoll_deliveries_ready' }, target: { type: 'AverageValue', averageValue: String(more.queue) } } });
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: {
      scaleTargetRef: more.rollout ? { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name }
        : { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: limits.min,
      maxReplicas: limits.max,
      metrics,
      // A pod that goes hands its streams over: rarely, and one at a time.
      behavior: { scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
    },
  };
}

export function disruptionBudget(name: string, labels: Record<string, string>): Manifest {
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name },
    spec: { maxUnavailable: 1, selector: { matchLabels: own(labels) } } };
}

/** Routes of one host by prefix; the longest wins. */
export function ingress(paths: [path: string, service: string][], name = 'atoll', more: Record<string, string> = {}): Manifest {
  const rule = ([path, backend]: [string, string]): object =>
    ({ path, pathType: 'Prefix', backend: { service: { name: backend, port: { name: 'http' } } } });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name,
      // Streams: nothing is held back, and a quiet one is not cut (a comment comes every 15 s).
      annotations: { 'nginx.ingress.kubernetes.io/proxy-buffering': 'off', 'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
        'nginx.ingress.kubernetes.io/proxy-body-size': '32m', ...more },
    },
    spec: { tls: [{ hosts: ['atoll.example.com'], secretName: 'atoll-tls' }],
      rules: [{ host: 'atoll.example.com', http: { paths: paths.map(rule) } }] },
  };
}

export function own(labels: Record<string, string>): Record<string, string> {
  return { 'app.kubernetes.io/name': 'atoll', ...labels };
}

function secret(key: string, optional = false): object {
  return { name: key, valueFrom: { secretKeyRef: { name: 'atoll', key, ...(optional && { optional }) } } };
}
