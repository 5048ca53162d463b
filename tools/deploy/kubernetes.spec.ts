import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { readTree } from '../boundaries/tree.js';
import { factsOf } from '../docs/facts.js';
import { isSetting, readHouse } from './known.js';
import { type KubeObject, matches, readObjects, readOverlay, unlisted } from './manifests.js';

const root = join(import.meta.dirname, '..', '..');
const overlays = join(root, 'deploy/kubernetes/overlays');
const house = readHouse(root);
const tree = readTree(root);
const routes = [...factsOf(tree)].flatMap(([context, facts]) => facts.routes.map(({ path }) => ({ context, path })));
/** Made by the operator, as docs/operations.md says. */
const SECRETS: Record<string, string[]> = {
  atoll: [
    'DATABASE_URL', 'REDIS_URL', 'ATOLL_SECRET', 'OPENAI_API_KEY', 'ATOLL_SMTP_URL', 'ATOLL_S3_ACCESS_KEY_ID',
    'ATOLL_S3_SECRET_ACCESS_KEY',
  ],
  'atoll-migration': ['ATOLL_MIGRATION_DATABASE_URL'],
};

interface Container {
  image: string;
  command?: string[];
  ports?: { name: string; containerPort: number }[];
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
  envFrom?: { configMapRef: { name: string } }[];
  volumeMounts: { name: string; mountPath: string }[];
  securityContext: Record<string, unknown>;
  [probe: `${string}Probe`]: { httpGet: { path: string; port: string } };
}

interface PodSpec {
  serviceAccountName: string;
  securityContext: Record<string, unknown>;
  terminationGracePeriodSeconds?: number;
  containers: Container[];
  volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[];
}

interface Pods {
  object: KubeObject;
  labels: Record<string, string>;
  spec: PodSpec;
}

interface Policy {
  podSelector: { matchLabels: Record<string, string> };
  ingress?: { from: { podSelector?: { matchLabels: Record<string, string> } }[]; ports: { port: number }[] }[];
}

describe.each(readdirSync(overlays))('the overlay %s', (name) => {
  const { objects, kustomizations } = readOverlay(join(overlays, name));
  const of = <T = Record<string, unknown>>(kind: string): (KubeObject & { spec: T })[] =>
    objects.filter((one) => one.kind === kind) as (KubeObject & { spec: T })[];
  const pods: Pods[] = [...of('Deployment'), ...of('Rollout'), ...of('Job')].map((object) => {
    const { metadata, spec } = (object.spec as { template: { metadata: { labels: Record<string, string> }; spec: PodSpec } }).template;
    return { object, labels: metadata.labels, spec };
  });
  const selected = (selector: Record<string, string>): Pods[] => pods.filter(({ labels }) => matches(selector, labels));

  it('lists every file there is, each object once', () => {
    expect(kustomizations.flatMap(unlisted)).toEqual([]);
    const ids = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(ids).toEqual([...new Set(ids)]);
    expect(objects.length).toBeGreaterThan(8);
  });

  it('writes texts where Kubernetes wants texts', () => {
    const texts = [...objects.flatMap(({ metadata, data }) => [metadata.labels, metadata.annotations, data]),
      ...pods.flatMap(({ labels, spec }) =>
        [labels, ...spec.containers.map(({ env }) => Object.fromEntries(env.map((one) => [one.name, one.value ?? ''])))])];
    expect(texts.flatMap((map) => Object.entries(map ?? {})).filter(([, value]) => typeof value !== 'string')).toEqual([]);
  });

  it('gives every image a registry and a version', () => {
    const images = kustomizations.flatMap(({ value }) => value.images ?? []);
    for (const { spec } of pods) for (const { image } of spec.containers)
      expect(images).toContainEqual({ name: image, newName: expect.any(String) as string,
        newTag: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string });
  });

  it('runs pods that are nobody, may nothing and write to their volumes alone', () => {
    for (const { spec } of pods) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } });
      const volumes = spec.volumes.map((volume) => volume.name);
      for (const { securityContext, volumeMounts } of spec.containers) {
        expect(securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
        expect(volumeMounts.filter((mount) => !volumes.includes(mount.name))).toEqual([]);
      }
      for (const { persistentVolumeClaim: claim } of spec.volumes) if (claim)
        expect(of('PersistentVolumeClaim').map(({ metadata }) => metadata.name)).toContain(claim.claimName);
      expect(of('ServiceAccount').map(({ metadata }) => metadata.name)).toContain(spec.serviceAccountName);
    }
  });

  it('sets settings that exist, and secrets by reference alone', () => {
    const maps = of('ConfigMap');
    expect(maps.flatMap(({ data }) => Object.keys(data!)).filter((key) => !isSetting(key, house))).toEqual([]);
    const env = pods.flatMap(({ spec }) => spec.containers.flatMap((container) => container.env));
    expect(env.map((one) => one.name).filter((key) => !isSetting(key, house))).toEqual([]);
    for (const { name: key, value, valueFrom } of env) {
      if (valueFrom) expect(SECRETS[valueFrom.secretKeyRef.name]).toContain(valueFrom.secretKeyRef.key);
      else expect(`${key}=${value}`).not.toMatch(/SECRET|PASSWORD|_KEY=|DATABASE_URL|REDIS_URL/);
    }
    for (const { spec } of pods) for (const { envFrom = [] } of spec.containers) for (const { configMapRef } of envFrom)
      expect(maps.map(({ metadata }) => metadata.name)).toContain(configMapRef.name);
  });

  it('starts programs that exist, and probes routes that exist on ports that are open', () => {
    for (const { spec } of pods) {
      for (const container of spec.containers) {
        if (container.command) expect(existsSync(join(root, container.command[1]!.replace(/^dist\//, '').replace(/\.js$/, '.ts'))))
          .toBe(true);
        for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
          if (!container[probe]) continue;
          expect(routes.map(({ path }) => path)).toContain(container[probe].httpGet.path);
          expect(container.ports!.map((port) => port.name)).toContain(container[probe].httpGet.port);
        }
      }
    }
    for (const { object, spec } of pods.filter((one) => one.object.kind !== 'Job'))
      expect([object.metadata.name, ...Object.keys(spec.containers[0]!).filter((key) => key.endsWith('Probe'))]).toHaveLength(4);
  });

  it('selects pods that are there, by ports that they open', () => {
    for (const { object, labels } of pods.filter((one) => one.object.kind !== 'Job'))
      expect(matches((object.spec.selector as { matchLabels: Record<string, string> }).matchLabels, labels)).toBe(true);
    for (const { spec } of of<{ selector: Record<string, string>; ports: { targetPort: string }[] }>('Service')) {
      const found = selected(spec.selector);
      expect(found).toHaveLength(1);
      expect(found[0]!.spec.containers[0]!.ports!.map((port) => port.name)).toContain(spec.ports[0]!.targetPort);
    }
    for (const { spec } of of<{ selector: { matchLabels: Record<string, string> } }>('PodDisruptionBudget'))
      expect(selected(spec.selector.matchLabels)).toHaveLength(1);
    const deployments = [...of('Deployment'), ...of('Rollout')].map(({ metadata }) => metadata.name);
    for (const { spec } of of<{ scaleTargetRef: { name: string }; metrics: unknown[] }>('HorizontalPodAutoscaler')) {
      expect(deployments).toContain(spec.scaleTargetRef.name);
      for (const [metric] of JSON.stringify(spec.metrics).matchAll(/atoll_[a-z_]+/g)) expect(house.metrics.has(metric!)).toBe(true);
    }
  });

  it('routes to services that are there', () => {
    const services = of<{ ports: { name: string }[] }>('Service');
    const backends = of<{ rules: { http: { paths: { backend: { service: { name: string; port: { name: string } } } }[] } }[] }>('Ingress')
      .flatMap(({ spec }) => spec.rules.flatMap(({ http }) => http.paths.map(({ backend }) => backend.service)));
    expect(backends.length).toBeGreaterThan(0);
    for (const { name: service, port } of backends)
      expect(services.find(({ metadata }) => metadata.name === service)?.spec.ports.map((one) => one.name)).toContain(port.name);
  });

  it('closes everything, and opens something for every pod', () => {
    const policies = of<Policy>('NetworkPolicy');
    expect(policies.find(({ metadata }) => metadata.name === 'atoll-closed')!.spec).not.toHaveProperty('ingress');
    for (const { spec } of policies) expect(selected(spec.podSelector.matchLabels).length).toBeGreaterThan(0);
    for (const { labels } of pods) expect(policies.filter(({ metadata, spec }) =>
      metadata.name !== 'atoll-closed' && matches(spec.podSelector.matchLabels, labels))).toHaveLength(1);
    const http = policies.flatMap(({ spec }) => spec.ingress ?? []).flatMap(({ ports }) => ports.map(({ port }) => port));
    expect([...new Set(http)].sort()).toEqual([3000, 9464]);
  });

  /** Where kubectl is installed, its own kustomize must say the same. */
  it('is what kubectl kustomize reads too', () => {
    const built = spawnSync('kubectl', ['kustomize', join(overlays, name)], { encoding: 'utf8' });
    if (built.error) return void process.stderr.write(`${name}: no kubectl here, so kustomize itself was not asked.\n`);
    expect(built.stderr).toBe('');
    const ids = (all: KubeObject[]): string[] => all.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
    const seen = parseAllDocuments(built.stdout).map((one) => one.toJS() as KubeObject & { metadata: { namespace?: string } });
    expect(ids(seen)).toEqual(ids(objects));
    expect(new Set(seen.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['atoll']));
    expect(built.stdout).not.toMatch(/image: atoll/);
  });
});

describe('the split overlay', () => {
  const { objects } = readOverlay(join(overlays, 'split'));
  const env = (name: string): Record<string, string> => {
    const deployment = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)!;
    const { containers } = (deployment.spec as { template: { spec: PodSpec } }).template.spec;
    return Object.fromEntries(containers[0]!.env.filter(({ value }) => value !== undefined).map((one) => [one.name, one.value!]));
  };

  it('hosts each context in a Deployment of its own, and the worker all', () => {
    for (const context of house.contexts) expect(env(context).ATOLL_CONTEXTS).toBe(context);
    expect(env('worker').ATOLL_CONTEXTS).toBe('all');
  });

  it('lets a context be reached by the edge and by those that tools/contexts.json lets call it, and by nobody else', () => {
    for (const context of house.contexts) {
      const { spec } = objects.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === context) as KubeObject
        & { spec: Policy };
      const from = spec.ingress!.filter(({ ports }) => ports[0]!.port === 3000).flatMap((rule) => rule.from)
        .map(({ podSelector }) => podSelector?.matchLabels['atoll.dev/context']).filter((one) => one !== undefined);
      const callers = house.contexts.filter((name) => tree.graph[name]!.includes(context) || (name === 'tenancy' && context !== 'tenancy'));
      expect([context, ...from.sort()]).toEqual([context, ...callers.sort()]);
    }
  });

  it('sends each route to a pod that serves it, or to the edge, which knows the way', () => {
    const { spec } = objects.find(({ kind }) => kind === 'Ingress')! as KubeObject
      & { spec: { rules: { http: { paths: { path: string; backend: { service: { name: string } } }[] } }[] } };
    const paths = spec.rules[0]!.http.paths.map(({ path, backend }) => ({ path, service: backend.service.name }))
      .sort((a, b) => b.path.length - a.path.length);
    for (const { context, path } of routes.filter((route) => house.contexts.includes(route.context))) {
      const { service } = paths.find((one) => one.path === '/' || path === one.path || path.startsWith(`${one.path}/`))!;
      if (service === 'tenancy' && context !== 'tenancy')
        expect(env('tenancy')[`ATOLL_URL_${context.toUpperCase()}`]).toBe(`http://${context}:3000`);
      else expect([path, service]).toEqual([path, context]);
    }
  });
});

describe('the example of secrets', () => {
  it('fills the Secrets that pods name', () => {
    const made = readObjects(join(root, 'deploy/kubernetes/secrets/external-secrets.example.yaml'))
      .filter(({ kind }) => kind === 'ExternalSecret');
    expect(made.map(({ spec }) => (spec.target as { name: string }).name).sort()).toEqual(Object.keys(SECRETS).sort());
    const text = readFileSync(join(root, 'deploy/kubernetes/secrets/external-secrets.example.yaml'), 'utf8');
    for (const key of Object.values(SECRETS).flat()) expect(text).toContain(key);
  });
});

describe('what the Prometheus Operator reads', () => {
  const objects = readObjects(join(root, 'deploy/kubernetes/monitoring/monitoring.yaml'));

  it('gives series the labels that alerts and dashboards go by, of pods that open the port', () => {
    const { spec } = objects.find(({ kind }) => kind === 'ServiceMonitor')! as KubeObject
      & { spec: { endpoints: { port: string; relabelings: { targetLabel: string }[] }[] } };
    expect(spec.endpoints[0]!.relabelings.map(({ targetLabel }) => targetLabel).sort()).toEqual(['instance', 'job', 'process']);
    const { ports } = objects.find(({ kind }) => kind === 'Service')!.spec as { ports: { name: string; targetPort: string }[] };
    expect(ports).toEqual([expect.objectContaining({ name: spec.endpoints[0]!.port, targetPort: 'metrics' })]);
  });

  it('has the same alerts as Prometheus in compose', () => {
    const own = parse(readFileSync(join(root, 'deploy/observe/prometheus/alerts.yml'), 'utf8')) as object;
    expect(objects.find(({ kind }) => kind === 'PrometheusRule')!.spec).toEqual(own);
  });
});

/** As much of Helm's language as the chart speaks. */
function rendered(file: string, values: Record<string, unknown>): KubeObject[] {
  const valueOf = (path: string): unknown =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], values);
  const text = readFileSync(join(root, 'deploy/helm/atoll/templates', file), 'utf8')
    .replace(/ *\{\{- range \$name, \$value := \.Values\.(\w+) \}\}\n([\s\S]*?) *\{\{- end \}\}\n/g,
      (_, path: string, body: string) => Object.entries(valueOf(path) as object).map(([name, value]) =>
        body.replace('{{ $name }}', name).replace('{{ $value | quote }}', JSON.stringify(value))).join(''))
    .replace(/\{\{- if eq \.Values\.(\w+) "([\w-]+)" \}\}\n([\s\S]*?)\{\{- end \}\}\n/g,
      (_, path: string, wanted: string, body: string) => (valueOf(path) === wanted ? body : ''))
    .replace(/\{\{- if \.Values\.(\w+) \}\}\n([\s\S]*?)\{\{- end \}\}\n/g,
      (_, path: string, body: string) => (valueOf(path) ? body : ''))
    .replace(/\{\{ \.Values\.([\w.]+) \}\}/g, (_all, path: string) => String(valueOf(path)))
    .replace(/\{\{ (?:"((?:[^"\\]|\\.)*)"|`([^`]*)`) \}\}/g, (_all, quoted?: string, raw?: string) => quoted ?? raw!);
  expect(text).not.toMatch(/\{\{-? (if|end|range|\.Values)/);
  return parseAllDocuments(text, { version: '1.1' }).map((one) => {
    expect(one.errors).toEqual([]);
    return one.toJS() as KubeObject;
  }).filter((one) => one !== null);
}

describe('the Helm chart', () => {
  const values = parse(readFileSync(join(root, 'deploy/helm/atoll/values.yaml'), 'utf8')) as Record<string, unknown>;
  const files = readdirSync(join(root, 'deploy/helm/atoll/templates'));

  it.each(['one-process', 'split'])('renders what the overlay %s holds', (topology) => {
    const made = files.flatMap((file) => rendered(file, { ...values, topology, monitoring: false }));
    const { objects } = readOverlay(join(overlays, topology));
    const named = (all: KubeObject[]): [string, KubeObject][] =>
      all.map((one): [string, KubeObject] => [`${one.kind}/${one.metadata.name}`, one]).sort(([a], [b]) => a.localeCompare(b));
    const image = (one: [string, KubeObject]): unknown =>
      JSON.parse(JSON.stringify(one).replaceAll('"image":"registry.example.com/atoll:0.1.0"', '"image":"atoll"'));
    expect(named(made).map(image)).toEqual(named(objects));
  });

  it('has monitoring where it is asked for', () => {
    const made = files.flatMap((file) => rendered(file, { ...values, monitoring: true }));
    expect(made).toEqual(expect.arrayContaining(readObjects(join(root, 'deploy/kubernetes/monitoring/monitoring.yaml'))));
  });

  /** Where Helm is installed it says so itself. */
  it('is what helm lint accepts', () => {
    const { error, status, stdout } = spawnSync('helm', ['lint', join(root, 'deploy/helm/atoll')], { encoding: 'utf8' });
    if (error) return void process.stderr.write('no helm here, so helm lint was not asked.\n');
    expect([status, stdout]).toEqual([0, expect.any(String)]);
  });
});

describe('the Argo CD application', () => {
  it('rolls out an overlay that is there', () => {
    const [{ spec }] = readObjects(join(root, 'deploy/argocd/application.yaml')) as [KubeObject & { spec: { source: { path: string } } }];
    expect(existsSync(join(root, spec.source.path, 'kustomization.yaml'))).toBe(true);
  });
});
