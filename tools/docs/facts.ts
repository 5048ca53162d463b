import ts from 'typescript';
import { type Source, literalText, nodes } from '../boundaries/source.js';
import type { Tree } from '../boundaries/tree.js';
import { decorations, docOf, literalValue } from './decorated.js';

export interface Setting {
  name: string;
  /** What the config class says of itself. */
  about: string;
  description: string;
  default: string;
  allowed: string;
  secret: boolean;
}

export interface Route {
  method: string;
  path: string;
  /** Permissions asked for; `null` for a public route, empty for any signed-in caller. */
  permissions: string[] | null;
  summary: string;
}

/** What one library (or the apps) offers and owns, as its source says. */
export interface Facts {
  settings: Setting[];
  calls: { name: string; kind: string }[];
  events: string[];
  jobs: string[];
  schedules: string[];
  tables: string[];
  routes: Route[];
}

const METHODS = new Set(['Get', 'Post', 'Put', 'Patch', 'Delete', 'Sse']);

/** Facts by context; `platform` for all of its rooms, `apps` for all apps together. */
export function factsOf(tree: Tree): Map<string, Facts> {
  const facts = new Map<string, Facts>();
  for (const source of tree.sources) {
    if (source.zone.test || (source.zone.kind !== 'library' && source.zone.kind !== 'app')) continue;
    const name = source.zone.kind === 'app' ? 'apps' : source.zone.platform ? 'platform' : source.zone.name;
    const own = facts.get(name) ?? { settings: [], calls: [], events: [], jobs: [], schedules: [], tables: [], routes: [] };
    facts.set(name, own);
    collect(source, own);
  }
  return facts;
}

function collect(source: Source, facts: Facts): void {
  for (const node of nodes(source.ast)) {
    if (ts.isCallExpression(node)) declared(node, facts);
    if (ts.isClassDeclaration(node)) {
      facts.settings.push(...settingsOf(node));
      facts.routes.push(...routesOf(node));
    }
    if (ts.isMethodDeclaration(node)) marked(node, facts);
  }
}

function declared(call: ts.CallExpression, facts: Facts): void {
  const [first, , third] = call.arguments;
  const name = first && literalText(first);
  if (!name) return;
  switch (call.expression.getText()) {
    case 'defineEvent':
      return void facts.events.push(name);
    case 'defineJob':
      return void facts.jobs.push(name);
    case 'tenantTable':
    case 'globalTable':
      return void facts.tables.push(name);
    case 'contract':
      for (const [key, value] of Object.entries((literalValue(third) ?? {}) as Record<string, string | { kind: string }>)) {
        facts.calls.push({ name: key, kind: typeof value === 'string' ? value : value.kind });
      }
  }
}

function marked(method: ts.MethodDeclaration, facts: Facts): void {
  for (const { name, args } of decorations(method)) {
    if (name === 'Cron' && args[0]) facts.schedules.push(literalText(args[0])!);
  }
}

function settingsOf(config: ts.ClassDeclaration): Setting[] {
  return config.members.filter(ts.isPropertyDeclaration).flatMap((property) => {
    const all = decorations(property);
    const env = all.find(({ name }) => name === 'Env');
    if (!env) return [];
    const options = literalValue(env.args[1]) as { description: string; secret?: boolean; defaultText?: string };
    return [{
      name: literalText(env.args[0]!)!,
      about: docOf(config),
      description: options.description,
      default: options.defaultText ?? shown(literalValue(property.initializer)),
      allowed: all.map(({ name, args }) => rule(name, args.map(literalValue))).filter((one) => one !== '').join(', '),
      secret: options.secret ?? false,
    }];
  });
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value ?? '');
}

/** What a class-validator decorator accepts, in words of the reference; types show from the default and need none. */
function rule(name: string, args: unknown[]): string {
  switch (name) {
    case 'IsIn':
      return (args[0] as string[]).join(' · ');
    case 'Min':
      return `≥ ${shown(args[0])}`;
    case 'Max':
      return `≤ ${shown(args[0])}`;
    case 'MinLength':
      return `at least ${shown(args[0])} characters`;
    case 'IsBoolean':
      return 'true · false';
    case 'IsUrl':
      return 'URL';
    default:
      return '';
  }
}

function routesOf(controller: ts.ClassDeclaration): Route[] {
  const base = decorations(controller).find(({ name }) => name === 'Controller');
  if (!base) return [];
  return controller.members.filter(ts.isMethodDeclaration).flatMap((method) => {
    const all = decorations(method);
    const allow = all.find(({ name }) => name === 'Allow');
    return all.filter(({ name }) => METHODS.has(name)).map(({ name, args }) => ({
      method: name === 'Sse' ? 'GET' : name.toUpperCase(),
      path: `/${[shown(literalValue(base.args[0])), shown(literalValue(args[0]))].filter((part) => part !== '').join('/')}`.replaceAll(
        /:(\w+)/g, '{$1}').replaceAll(/\/+/g, '/'),
      permissions: allow ? allow.args.map((one) => shown(literalValue(one))) : null,
      summary: docOf(method).split(/(?<=[.!?])\s/)[0] ?? '',
    }));
  });
}
