import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Tree } from '../boundaries/tree.js';
import type { Facts } from '../docs/facts.js';
import { helmChart } from './helm.js';
import { monitoring } from './monitoring.js';
import { networkPolicy, podsOf } from './network.js';
import { rollout } from './rollout.js';
import { autoscaler, deployment, disruptionBudget, ingress, type Manifest, service, yamlOf } from './workload.js';

/** The lowest context greets everybody: it signs people in, and forwards the routes that a path alone does not place. */
const EDGE = 'tenancy';
/** Contexts that keep files (uploads; exports and checkpoints), and those that call models. */
const FILES = new Set(['search', 'tenancy']);
const OUTSIDE = new Set(['search', 'agent']);
const WORKER = ['node', 'dist/apps/worker/src/main.js'];
const OVERLAYS = 'deploy/kubernetes/overlays';

/** The generated half of deploy/kubernetes: path -> text. What stands in a file by hand is not touched. */
export function kubernetesPages(tree: Tree, facts: Map<string, Facts>): Record<string, string> {
  const contexts = Object.keys(tree.graph).filter((name) => !name.startsWith('platform/'));
  const split = Object.fromEntries(contexts.map((name) => [`${name}.yaml`, contextManifests(name, contexts, tree.graph)]));
  const paths = pathsOf(contexts, facts);
  const whole = [ingress([['/', 'atoll']])];
  const observed = monitoring(tree.root);
  return {
    ...pages('split', { ...split, 'worker.yaml': workerManifests(), 'ingress.yaml': [ingress(paths)] }),
    ...pages('one-process', { 'atoll.yaml': oneProcess(), 'ingress.yaml': whole }),
    ...pages('rollout', { 'atoll.yaml': progressive(), 'ingress.yaml': whole }),
    ...pages('canary', { 'canary.yaml': canary() }),
    ...pages('blue-green', { 'atoll.yaml': [...colour('blue'), ...colour('green')], 'ingress.yaml': whole }),
    'deploy/kubernetes/monitoring/monitoring.yaml': file(observed),
    ...helmChart({ base: baseOf(tree.root), monitoring: observed,
      topologies: { 'one-process': [...oneProcess(), ...whole],
        split: [...Object.values(split).flat(), ...workerManifests(), ingress(paths)] } }),
  };
}

/** One context's pods: its Deployment, and everything that finds them by their label. */
function contextManifests(context: string, contexts: string[], graph: Record<string, string[]>): Manifest[] {
  const labels = podsOf(context);
  const others = contexts.filter((name) => name !== context);
  const edge = context === EDGE;
  const urls = edge ? others.map((name) => [`ATOLL_URL_${name.toUpperCase()}`, `http://${name}:3000`]) : [];
  const callers = contexts.filter((name) => graph[name]!.includes(context));
  return [
    deployment({ name: context, labels, env: { ATOLL_CONTEXTS: context, ATOLL_RUN_JOBS: 'false', ...Object.fromEntries(urls) },
      files: FILES.has(context) }),
    service(context, labels),
    autoscaler(context, { min: 2, max: 10 }, context === 'agent' || edge ? { streams: 500 } : {}),
    disruptionBudget(context, labels),
    networkPolicy(context, labels, {
      from: edge ? callers : [...new Set([EDGE, ...callers])],
      to: edge ? others : graph[context]!.filter((name) => !name.startsWith('platform/')),
      ingress: true,
      outside: OUTSIDE.has(context),
    }),
  ];
}

/** Jobs, event handlers and schedules of all contexts; calls nobody over HTTP. */
function workerManifests(): Manifest[] {
  const labels = podsOf('worker');
  return [
    deployment({ name: 'worker', labels, command: WORKER, env: { ATOLL_CONTEXTS: 'all' }, files: true }),
    autoscaler('worker', { min: 2, max: 20 }, { queue: 100 }),
    disruptionBudget('worker', labels),
    networkPolicy('worker', labels, { from: [], to: [], ingress: false, outside: true }),
  ];
}

function oneProcess(): Manifest[] {
  const labels = podsOf('all');
  return [
    deployment({ name: 'atoll', labels, env: { ATOLL_CONTEXTS: 'all' }, files: true }),
    service('atoll', labels),
    autoscaler('atoll', { min: 2, max: 10 }, { streams: 500, queue: 200 }),
    disruptionBudget('atoll', labels),
    networkPolicy('atoll', labels, { from: [], to: [], ingress: true, outside: true }),
  ];
}

/** As one process, and the next version comes step by step. */
function progressive(): Manifest[] {
  const labels = podsOf('all');
  return [
    ...rollout({ name: 'atoll', labels, env: { ATOLL_CONTEXTS: 'all' }, files: true }),
    service('atoll', labels),
    autoscaler('atoll', { min: 2, max: 10 }, { streams: 500, queue: 200, rollout: true }),
    disruptionBudget('atoll', labels),
    networkPolicy('atoll', labels, { from: [], to: [], ingress: true, outside: true }),
  ];
}

/** What stands in deploy/kubernetes/base by hand, for the chart. */
function baseOf(root: string): Manifest[] {
  return globSync('deploy/kubernetes/base/*.yaml', { cwd: root }).sort().filter((path) => !path.endsWith('kustomization.yaml'))
    .flatMap((path) => parseAllDocuments(readFileSync(join(root, path), 'utf8'), { version: '1.1' }).map((one) => one.toJS() as Manifest));
}

/** The next version beside the one that runs: under a label of its own, so that only its share of the requests comes to it. */
function canary(): Manifest[] {
  const labels = podsOf('canary');
  return [
    deployment({ name: 'atoll-canary', labels, image: 'atoll-canary', env: { ATOLL_CONTEXTS: 'all' }, files: true, replicas: 1 }),
    service('atoll-canary', labels),
    ingress([['/', 'atoll-canary']], 'atoll-canary',
      { 'nginx.ingress.kubernetes.io/canary': 'true', 'nginx.ingress.kubernetes.io/canary-weight': '10' }),
    networkPolicy('atoll-canary', labels, { from: [], to: [], ingress: true, outside: true }),
  ];
}

/** Both run at once and share the queue; which of them is given requests is said by the Service, by hand. */
function colour(name: 'blue' | 'green'): Manifest[] {
  const labels = { ...podsOf('all'), 'atoll.dev/colour': name };
  return [
    deployment({ name: `atoll-${name}`, labels, image: `atoll-${name}`, env: { ATOLL_CONTEXTS: 'all' }, files: true, replicas: 2 }),
    disruptionBudget(`atoll-${name}`, labels),
    networkPolicy(`atoll-${name}`, labels, { from: [], to: [], ingress: true, outside: true }),
  ];
}

/** Prefixes that one context serves alone go to it; the rest, longest first, to the edge. */
function pathsOf(contexts: string[], facts: Map<string, Facts>): [string, string][] {
  const servers = new Map<string, Set<string>>();
  for (const name of contexts) {
    for (const { path } of facts.get(name)?.routes ?? []) {
      const prefix = path.split('/').slice(0, 3).join('/');
      servers.set(prefix, (servers.get(prefix) ?? new Set()).add(name));
    }
  }
  const alone = [...servers].filter(([prefix, names]) => names.size === 1 && !names.has(EDGE) && /^\/v\d+\//.test(prefix))
    .map(([prefix, names]): [string, string] => [prefix, [...names][0]!]);
  return [...alone.sort(([a], [b]) => a.localeCompare(b)), ['/', EDGE]];
}

function pages(overlay: string, files: Record<string, Manifest[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, manifests]) => [`${OVERLAYS}/${overlay}/${name}`, file(manifests)]));
}

function file(manifests: Manifest[]): string {
  return `# Written by \`npm run docs\` from tools/contexts.json and the routes (tools/deploy/kubernetes.ts).\n${yamlOf(manifests)}`;
}
