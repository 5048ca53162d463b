import ts from 'typescript';
import { type Source, type Violation, literalText, nodes, violation } from '../source.js';
import type { Tree } from '../tree.js';

const TABLE_HELPERS = new Set(['tenantTable', 'globalTable', 'systemPolicy']);

/** A context touches the tables of its own schema: by entity, by migration helper, in SQL text, and by role name. */
export function tableRules(source: Source, tree: Tree): Violation[] {
  const { zone } = source;
  if (zone.kind !== 'library' || (zone.platform && zone.test)) return [];
  const foreign = Object.keys(tree.graph).filter((name) => name !== zone.name && !name.startsWith('platform/'));
  const patterns = foreignPatterns(foreign);
  const found: Violation[] = [];
  for (const node of nodes(source.ast)) {
    if (ts.isDecorator(node) && ts.isCallExpression(node.expression) && node.expression.expression.getText() === 'Entity') {
      const schema = entitySchema(node.expression);
      if (schema !== zone.name)
        found.push(violation(source, node, 'foreign-table', `@Entity needs schema: '${zone.name}'${schema ? `, not '${schema}'` : ''}`));
    }
    if (ts.isCallExpression(node) && TABLE_HELPERS.has(node.expression.getText()) && !zone.platform) {
      const table = node.arguments[0] && literalText(node.arguments[0]);
      if (!table?.startsWith(`${zone.name}.`))
        found.push(violation(source, node, 'foreign-table', `${node.expression.getText()} of ${zone.name} names a table ${zone.name}.*`));
      continue;
    }
    const text = literalText(node);
    const hit = text && patterns.map((pattern) => pattern.exec(text)).find((match) => match !== null);
    if (hit) found.push(violation(source, node, 'foreign-table', `SQL of ${zone.name} names ${hit[1]}`));
  }
  return found;
}

/** `from search.chunk`, `"search"."chunk"`, and the roles `atoll_search` and `atoll_search_system`. */
function foreignPatterns(schemas: string[]): RegExp[] {
  if (schemas.length === 0) return [];
  const names = schemas.join('|');
  return [
    new RegExp(`\\b(?:from|join|into|update|table|exists|only|references|truncate|using|on)\\s+("?(?:${names})"?\\s*\\.\\s*"?[a-z_]+"?)`,
      'i'),
    new RegExp(`\\b(atoll_(?:${names})(?:_system)?)\\b`),
  ];
}

function entitySchema(call: ts.CallExpression): string | undefined {
  for (const argument of call.arguments) {
    if (!ts.isObjectLiteralExpression(argument)) continue;
    for (const property of argument.properties) {
      if (ts.isPropertyAssignment(property) && property.name.getText() === 'schema') return literalText(property.initializer);
    }
  }
  return undefined;
}
