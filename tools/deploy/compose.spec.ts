import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isSetting, metricsIn, readHouse } from './known.js';

const root = join(import.meta.dirname, '..', '..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const yaml = <T>(path: string): T => parse(text(path), { merge: true }) as T;

interface Service {
  image: string;
  profiles?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test?: unknown; disable?: boolean };
  depends_on?: Record<string, { condition: string }>;
  volumes?: string[];
  command?: string[];
  ports?: string[];
  read_only?: boolean;
}

const house = readHouse(root);
const { services, volumes } = yaml<{ services: Record<string, Service>; volumes: Record<string, unknown> }>('docker-compose.yml');
const all = Object.entries(services);
const ours = all.filter(([, { image }]) => image.startsWith('atoll:'));
const dockerfile = text('Dockerfile');

/** There is no container engine where the tests run; what can be wrong without one is looked for here. */
describe('docker-compose.yml', () => {
  it.each(all)('%s: pinned image, health, known neighbours, files that are there', (name, service) => {
    const own = service.image.startsWith('atoll:');
    expect(service.image).toMatch(own ? /^atoll:\d+\.\d+\.\d+$/
      : /:v?\d+\.\d+\.\d+(-\w+)?@sha256:[0-9a-f]{64}$/);
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    if (own) expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    else expect(service.healthcheck?.test).toBeTruthy();
    if (service.healthcheck?.disable) expect(name).toBe('migrate');
    for (const [neighbour, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(services[neighbour]).toBeDefined();
      expect(condition).toBe(neighbour === 'migrate' ? 'service_completed_successfully' : 'service_healthy');
    }
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':')[0]!;
      const known = source.startsWith('./') ? existsSync(join(root, source)) : source in volumes;
      expect(known || source === '/var/run/docker.sock').toBe(true);
    }
  });

  it.each(ours)('%s: settings that exist, a program that exists, nothing to write to but its ' +
    'volume', (_, { environment = {}, command, read_only: readOnly }) => {
    expect(Object.keys(environment).filter((key) => !isSetting(key, house))).toEqual([]);
    if (command) expect(existsSync(join(root, command[1]!.replace(/^dist\//, '').replace(/\.js$/, '.ts')))).toBe(true);
    expect(readOnly).toBe(true);
  });

  const inProfile = (profile: string): [string, Service][] => ours.filter(([, { profiles }]) => profiles?.includes(profile));

  it('runs one process by default', () => {
    expect(inProfile('default').map(([name]) => name)).toEqual(['atoll']);
  });

  it('split: hosts every context once, and the edge knows the way to all others', () => {
    const pods = inProfile('split').filter(([name]) => name !== 'worker');
    expect(pods.flatMap(([, { environment }]) => environment!.ATOLL_CONTEXTS!.split(',')).sort()).toEqual([...house.contexts].sort());
    const edge = services.edge!.environment!;
    for (const [name, { environment }] of pods.filter(([one]) => one !== 'edge')) {
      const context = environment!.ATOLL_CONTEXTS!;
      expect(edge[`ATOLL_URL_${context.toUpperCase()}`]).toBe(`http://${name}:${/PORT=(\d+)/.exec(dockerfile)![1]}`);
      expect(environment!.ATOLL_RUN_JOBS).toBe('false');
    }
    expect(services.worker).toMatchObject({ profiles: ['split'], environment: { ATOLL_CONTEXTS: 'all' },
      command: ['node', 'dist/apps/worker/src/main.js'] });
  });

  it('asks for each secret by name, and env.example lists them', () => {
    const asked = new Set([...text('docker-compose.yml').matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name!));
    const listed = text('deploy/docker/env.example').split('\n').map((line) => line.split('=')[0]);
    expect([...asked].filter((name) => !listed.includes(name))).toEqual([]);
    expect(asked.size).toBeGreaterThan(3);
  });

  it('has one service build the image that all others run', () => {
    const builds = all.filter(([, service]) => 'build' in service).map(([name]) => name);
    expect(builds).toEqual(['migrate']);
    expect(ours.map(([, service]) => (service as { pull_policy?: string }).pull_policy)).toEqual(ours.map(([name]) =>
      (name === 'migrate' ? 'build' : 'never')));
  });

  it('knows no password by itself', () => {
    expect(text('docker-compose.yml')).not.toMatch(/PASSWORD:-[^}]/);
    expect(services.migrate!.environment!.ATOLL_MIGRATION_DATABASE_URL).toContain('//migrator:');
  });

  it('opens ports to this machine alone', () => {
    expect(all.flatMap(([, { ports = [] }]) => ports).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });
});

describe('the Dockerfile', () => {
  const stages = dockerfile.split(/^FROM /m).slice(1);

  it('pins its base, and ends as nobody in particular with what it promises', () => {
    expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:24\.\d+\.\d+-slim@sha256:[0-9a-f]{64}$/m);
    expect(stages.every((stage) => stage.startsWith('${NODE_IMAGE}'))).toBe(true);
    const last = stages.at(-1)!;
    for (const line of [/^USER node$/m, /^HEALTHCHECK /m, /org\.opencontainers\.image\.(title|licenses|version|revision)=/,
      /^STOPSIGNAL SIGTERM$/m]) expect(last).toMatch(line);
    expect(last).not.toMatch(/npm |--from=build/);
    for (const [, key] of last.matchAll(/^ {4}([A-Z_]+)=/gm)) if (key !== 'NODE_OPTIONS') expect(isSetting(key!, house)).toBe(true);
  });

  it('copies and runs what is there', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from]) => from!.split(' '));
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    for (const [, script] of dockerfile.matchAll(/"(tools\/[^"]+\.mjs)"/g)) expect(existsSync(join(root, script!))).toBe(true);
  });

  it('takes nothing secret or made here into the image', () => {
    const ignored = text('.dockerignore').split('\n');
    for (const path of ['.git', '.atoll', '.env*', 'node_modules', 'dist']) expect(ignored).toContain(path);
  });
});

describe('what is observed', () => {
  const { scrape_configs: scrapes } = yaml<{ scrape_configs: { dns_sd_configs: { names: string[]; port: number }[] }[] }>(
    'deploy/observe/prometheus/prometheus.yml');
  const { groups } = yaml<{ groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[] }>(
    'deploy/observe/prometheus/alerts.yml');
  const dashboards = globSync('deploy/observe/grafana/dashboards/*.json', { cwd: root })
    .map((path) => JSON.parse(text(path)) as { uid: string; panels: { title: string; targets: { expr: string }[] }[] });

  it('is every process of the compose file, on the port the image names', () => {
    const [target] = scrapes[0]!.dns_sd_configs;
    expect([...target!.names].sort()).toEqual(ours.map(([name]) => name).filter((name) => name !== 'migrate').sort());
    expect(dockerfile).toContain(`ATOLL_METRICS_PORT=${target!.port}`);
  });

  it('is measured: every metric of the alerts and dashboards is registered somewhere', () => {
    const rules = groups.flatMap((group) => group.rules);
    const panels = dashboards.flatMap((dashboard) => dashboard.panels);
    const named = [...rules.map(({ expr }) => expr),
      ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))].flatMap(metricsIn);
    expect(named.filter((name) => !house.metrics.has(name))).toEqual([]);
    expect(new Set(named).size).toBeGreaterThan(12);
    expect(rules.filter(({ annotations }) => !annotations.summary || !annotations.mend)).toEqual([]);
  });
});
