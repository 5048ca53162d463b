import { readTree } from '../boundaries/tree.js';
import { literalText, nodes } from '../boundaries/source.js';
import { factsOf } from '../docs/facts.js';

const FAMILY = /^ATOLL_(URL|DATABASE_URL|MIGRATION_DATABASE_URL)_([A-Z]+)$/;

export interface House {
  /** Contexts by name, without the platform. */
  contexts: string[];
  /** Every setting that a config class reads. */
  settings: Set<string>;
  /** Every metric that the code registers. */
  metrics: Set<string>;
}

/** What deployments may name, read off the sources. */
export function readHouse(root: string): House {
  const tree = readTree(root);
  const names = tree.sources.filter(({ zone }) => !zone.test && zone.kind === 'library')
    .flatMap(({ ast }) => [...nodes(ast)].map(literalText));
  return {
    contexts: Object.keys(tree.graph).filter((name) => !name.startsWith('platform/')),
    settings: new Set([...factsOf(tree).values()].flatMap(({ settings }) => settings.map(({ name }) => name))),
    metrics: new Set(names.filter((name) => name !== undefined && /^atoll_[a-z0-9_]+$/.test(name)) as string[]),
  };
}

/** Whether a process of Atoll's takes this variable. */
export function isSetting(name: string, { settings, contexts }: House): boolean {
  const family = FAMILY.exec(name);
  return settings.has(name) || (family !== null && contexts.includes(family[2]!.toLowerCase()));
}

/** Names of our metrics in a PromQL expression, without the endings a histogram adds. */
export function metricsIn(expression: string): string[] {
  return [...expression.matchAll(/\batoll_[a-z0-9_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));
}
