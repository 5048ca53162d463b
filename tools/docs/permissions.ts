import ts from 'typescript';
import { covers } from '#platform/core';
import { nodes } from '../boundaries/source.js';
import type { Tree } from '../boundaries/tree.js';
import { literalValue } from './decorated.js';
import type { Facts } from './facts.js';

/** Where the fixed roles stand, as patterns over permissions. */
const TABLE = 'ROLE_PERMISSIONS';

/** Permissions of those who run the deployment: no tenant's member, role or key can hold them. */
const OPERATORS = 'operator.';

/** Every permission that a route asks for, in the order of their names -> the routes. */
export function catalogueOf(facts: Map<string, Facts>): Map<string, string[]> {
  const asked = new Map<string, string[]>();
  for (const { method, path, permissions } of [...facts.values()].flatMap(({ routes }) => routes)) {
    for (const permission of permissions ?? []) asked.set(permission, [...(asked.get(permission) ?? []), `${method} ${path}`]);
  }
  return new Map([...asked].sort(([a], [b]) => a.localeCompare(b)));
}

/** The fixed roles and their patterns, as the source says. */
export function rolesOf(tree: Tree): Record<string, string[]> {
  for (const source of tree.sources.filter(({ zone }) => !zone.test)) {
    for (const node of nodes(source.ast)) {
      if (ts.isVariableDeclaration(node) && node.name.getText() === TABLE)
        return literalValue(node.initializer) as Record<string, string[]>;
    }
  }
  return {};
}

/** docs/permissions.md: what a key or a role may hold, who of the fixed roles holds it, and what it opens. */
export function permissionsPage(facts: Map<string, Facts>, roles: Record<string, string[]>): string {
  const names = Object.keys(roles);
  const catalogue = [...catalogueOf(facts)];
  const rows = catalogue.filter(([permission]) => !permission.startsWith(OPERATORS)).map(([permission, routes]) => {
    const held = names.map((role) => (roles[role]!.some((pattern) => covers(pattern, permission)) ? '✓' : ''));
    return `| \`${permission}\` | ${held.join(' | ')} | ${routes.sort().map((route) => `\`${route}\``).join('<br>')} |`;
  });
  return `# Permissions

Every permission that a route asks for, which of the fixed roles hold it, and what it opens. A key's scopes are permissions from here or
patterns over them: \`search.*\` (all of a context), \`*.read\` (whatever only reads) or \`*\`; nobody hands out more than they hold. Routes that
ask for none answer every signed-in caller, or are public: [routes](routes.md).

| Permission | ${names.join(' | ')} | Opens |
| --- | ${names.map(() => ':-:').join(' | ')} | --- |
${rows.join('\n')}

${operatorsPart(catalogue.filter(([permission]) => permission.startsWith(OPERATORS)))}The roles as patterns:

${names.map((role) => `- **${role}**: ${roles[role]!.map((pattern) => `\`${pattern}\``).join(' ')}`).join('\n')}

Written by \`npm run docs\` from the routes' \`@Allow\` and the table of roles.
`;
}

function operatorsPart(rows: [string, string[]][]): string {
  if (rows.length === 0) return '';
  return `Operators of the deployment, who are in no tenant, hold these; nobody else can:

| Permission | Opens |
| --- | --- |
${rows.map(([permission, routes]) => `| \`${permission}\` | ${routes.sort().map((route) => `\`${route}\``).join('<br>')} |`).join('\n')}

`;
}
