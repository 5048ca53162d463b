import type { Violation } from './source.js';
import type { Tree } from './tree.js';
import { auditedRules } from './rules/audited.js';
import { flowRules } from './rules/flow.js';
import { graphRules } from './rules/graph.js';
import { importRules } from './rules/imports.js';
import { kernelOnlyRules } from './rules/kernel-only.js';
import { packageRules } from './rules/packages.js';
import { routeRules } from './rules/routes.js';
import { frontDoorRules, shapeRules } from './rules/shape.js';
import { tableRules } from './rules/tables.js';

/** Everything in the tree that breaks a rule of the house, in the order of path and line. */
export function violations(tree: Tree): Violation[] {
  const perFile = [importRules, tableRules, packageRules, routeRules, auditedRules, kernelOnlyRules, flowRules, frontDoorRules];
  const found = [...graphRules(tree), ...shapeRules(tree), ...tree.sources.flatMap((source) => perFile.flatMap((rule) => rule(source, tree)))];
  return found.sort((a, b) => a.path.localeCompare(b.path) || a.line - b.line);
}

/** A check that saw nothing has proved nothing: every library, and every app, must have been read. */
export function unseen(tree: Tree): string[] {
  const seen = new Set(tree.sources.map(({ path }) => path.split('/').slice(0, 2).join('/')));
  return tree.libraries.map((name) => `libs/${name}`).filter((folder) => !seen.has(folder));
}

export function told({ path, line, rule, message }: Violation): string {
  return `${path}:${line}  ${rule}  ${message}`;
}
