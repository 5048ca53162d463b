import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the template imports: the platform's doors it opens, and tenancy. */
const DEPENDENCIES = [...['core', 'database', 'privacy', 'http', 'runtime'].map((room) => `platform/${room}`), 'tenancy'];

/** Why `name` cannot be a context's name, if so: it becomes a schema, a role, a class, a door and a part of settings. */
export function nameFault(root: string, name: string): string | undefined {
  if (!/^[a-z]{3,30}$/.test(name)) return `"${name}" is not 3 to 30 lower-case letters`;
  if (['platform', 'kernel', 'public', 'system', 'runtime', 'contexts'].includes(name)) return `${name} is taken by the house itself`;
  if (existsSync(join(root, 'libs', name))) return `libs/${name} exists already`;
  return undefined;
}

/** Writes the context and lists it where contexts are listed; returns the paths that were written or changed. */
export function newContext(root: string, name: string): string[] {
  const template = join(root, 'tools/new-context/template');
  const written = readdirSync(template, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tpl')).map((file) => {
    const path = `libs/${name}/${filled(file, name).replace(/\.tpl$/, '')}`;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), filled(readFileSync(join(template, file), 'utf8'), name));
    return path;
  });
  change(root, 'tools/contexts.json', (text) => declared(text, name));
  change(root, 'package.json', (text) => withDoors(text, name));
  change(root, 'apps/contexts.ts', (text) => hosted(text, name));
  change(root, 'docker-compose.yml', (text) => composed(text, name));
  change(root, 'deploy/observe/prometheus/prometheus.yml', (text) => text.replace(', worker]', `, ${name}, worker]`));
  change(root, 'deploy/kubernetes/overlays/split/kustomization.yaml',
    (text) => text.replace('  - worker.yaml\n', `  - ${name}.yaml\n  - worker.yaml\n`));
  return [...written.sort(), 'tools/contexts.json', 'package.json', 'apps/contexts.ts', 'docker-compose.yml', 'deploy/'];
}

function filled(text: string, name: string): string {
  const title = name[0]!.toUpperCase() + name.slice(1);
  return text.replaceAll('{{name}}', name).replaceAll('{{Name}}', title).replaceAll('{{NAME}}', name.toUpperCase());
}

function change(root: string, path: string, edit: (text: string) => string): void {
  const before = readFileSync(join(root, path), 'utf8');
  const after = edit(before);
  if (after === before) throw new Error(`${path} looks different from what this tool knows how to change: add the context by hand, or ` +
    `mend tools/new-context.`);
  writeFileSync(join(root, path), after);
}

function declared(text: string, name: string): string {
  const graph = { ...(JSON.parse(text) as Record<string, string[]>), [name]: DEPENDENCIES };
  const lines = Object.entries(graph)
    .map(([key, value]) => `  ${JSON.stringify(key)}: [${value.map((one) => JSON.stringify(one)).join(', ')}]`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

function withDoors(text: string, name: string): string {
  const manifest = JSON.parse(text) as { imports: Record<string, unknown> };
  const door = (file: string): unknown => ({ types: `./libs/${name}/src/${file}.ts`, default: `./dist/libs/${name}/src/${file}.js` });
  manifest.imports[`#${name}`] = door('index');
  manifest.imports[`#${name}/module`] = door(`${name}.module`);
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** A container of its own in the split, and the edge's way to it. */
function composed(text: string, name: string): string {
  const urls = [...text.matchAll(/^ {6}ATOLL_URL_\w+: .*\n/gm)].at(-1);
  if (!urls) return text;
  const way = `${urls[0]}      ATOLL_URL_${name.toUpperCase()}: http://${name}:3000\n`;
  const service = `  ${name}:\n    <<: *atoll\n    profiles: [split]\n    environment: { <<: *settings, ATOLL_CONTEXTS: ${name}, ` +
    `ATOLL_RUN_JOBS: "false" }\n\n`;
  const worker = '  # Jobs, event handlers and schedules of all contexts.\n';
  return text.replace(urls[0], way).replace(worker, service + worker);
}

/** One import among the others in their order, and one entry at the end of the list. */
function hosted(text: string, name: string): string {
  const lines = text.split('\n');
  const later = lines.findIndex((line) => /^import .* from '#/.test(line) && /'#([a-z/]+)'/.exec(line)![1]! > name);
  const lastImport = lines.findLastIndex((line) => line.startsWith('import '));
  lines.splice(later < 0 ? lastImport + 1 : later, 0, `import { ${name}Contract } from '#${name}';`);
  const end = lines.findLastIndex((line) => line === '];');
  if (end < 0 || lastImport < 0) return text;
  lines.splice(end, 0, `  { contract: ${name}Contract, load: () => import('#${name}/module') },`);
  return lines.join('\n');
}
