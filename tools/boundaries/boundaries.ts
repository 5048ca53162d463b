import type { Violation } from './source.js';
import type { Tree } from './tree.js';
import { auditedRules } from './rules/audited.js';
import { circleRules } from './rules/circles.js';
import { flowRules } from './rules/flow.js';
import { graphRules } from './rules/graph.js';
import { importRules } from './rules/imports.js';
import { platformOnlyRules } from './rules/platform-only.js';
import { ownerRules } from './rules/owners.js';
import { packageRules } from './rules/packages.js';
import { routeRules } from './rules/routes.js';
import { frontDoorRules, shapeRules } from './rules/shape.js';
import { tableRules } from './rules/tables.js';
import { widthRules } from './rules/width.js';

/** Everything in the tree that breaks a rule of the house, in the order of path and line. */
export function violations(tree: Tree): Violation[] {
  const perFile = [importRules, tableRules, packageRules, routeRules, auditedRules, platformOnlyRules, flowRules, frontDoorRules,
    widthRules];
  const whole = [graphRules, shapeRules, ownerRules, circleRules];
  const found = [...whole.flatMap((rule) => rule(tree)),
    ...tree.sources.flatMap((source) => perFile.flatMap((rule) => rule(source, tree)))];
  return found.sort((a, b) => a.path.localeCompare(b.path) || a.line - b.line);
}

/** A check that saw nothing has proved nothing: every library, and every app, must have been read. */
export function unseen(tree: Tree): string[] {
  const seen = new Set(tree.sources.map(({ zone }) => zone.name));
  return tree.libraries.filter((name) => !seen.has(name)).map((name) => `libs/${name}`);
}

export function told({ path, line, rule, message }: Violation): string {
  return `${path}:${line}  ${rule}  ${message}`;
}
