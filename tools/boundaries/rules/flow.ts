import ts from 'typescript';
import { type Source, type Violation, nodes, violation } from '../source.js';

const SETTERS = new Set(['runInFlow', 'bindScope']);

/**
 * Whose work it is, is decided by the platform's entries and by apps/. A context may only step behind a tenant's wall as the house itself:
 * `runAs({ tenantId, actor: { kind: 'service', ..., permissions: [] } }, work)`, written out, so that it is nobody and may nothing.
 */
export function flowRules(source: Source): Violation[] {
  const { zone } = source;
  if (zone.test || zone.kind !== 'library' || zone.platform) return [];
  const found: Violation[] = [];
  for (const node of nodes(source.ast)) {
    if (ts.isImportSpecifier(node)) {
      const name = (node.propertyName ?? node.name).text;
      if (SETTERS.has(name)) found.push(violation(source, node, 'flow-setter', `${name}() decides whose work it is: only the platform does`));
      if (name === 'runAs' && node.propertyName) found.push(violation(source, node, 'flow-setter', 'runAs() keeps its name, so that it can be found'));
    }
    if (!ts.isIdentifier(node) || node.text !== 'runAs' || ts.isImportSpecifier(node.parent)) continue;
    const call = ts.isCallExpression(node.parent) && node.parent.expression === node ? node.parent : undefined;
    if (!call || !isService(call.arguments[0])) {
      found.push(violation(source, node, 'flow-setter', "a context runs work as the house only: runAs({ tenantId, actor: { kind: 'service', id, roles: [], permissions: [] } }, ...), written out"));
    }
  }
  return found;
}

function isService(scope: ts.Node | undefined): boolean {
  const actor = property(scope, 'actor');
  return property(actor, 'kind')?.getText() === "'service'" && ['roles', 'permissions'].every((name) => property(actor, name)?.getText() === '[]');
}

/** The value of a property in an object literal without spreads. */
function property(node: ts.Node | undefined, name: string): ts.Expression | undefined {
  if (!node || !ts.isObjectLiteralExpression(node) || node.properties.some(ts.isSpreadAssignment)) return undefined;
  const found = node.properties.find((one): one is ts.PropertyAssignment => ts.isPropertyAssignment(one) && one.name.getText() === name);
  return found?.initializer;
}
