import ts from 'typescript';
import { type Source, type Violation, nodes, violation } from '../source.js';

/** What only the platform does, though the language would let anybody: reading the environment, upserting, letting the schema drift. */
export function platformOnlyRules(source: Source): Violation[] {
  const { zone } = source;
  if (zone.test || zone.kind === 'bench' || zone.kind === 'tools' || source.path.startsWith('apps/web/')) return [];
  const found: Violation[] = [];
  for (const node of nodes(source.ast)) {
    if (readsEnvironment(node) && !source.path.startsWith('libs/platform/core/src/config/')) {
      found.push(violation(source, node, 'environment', 'settings come from a config class (@Env), read and checked at boot'));
    }
    if (savesRow(node)) found.push(violation(source, node, 'repository-save',
      'save() turns a client-supplied id into an upsert of any row: use insert() or update()'));
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'synchronize' && node.initializer.kind === ts.SyntaxKind.TrueKeyword) {
      found.push(violation(source, node, 'synchronize', 'schemas change by migrations only'));
    }
  }
  return found;
}

/** `process.env`, `process['env']`, `const { env } = process`, `import { env } from 'node:process'`. */
function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'env' && /(^|\.)process$/.test(node.expression.getText());
  if (ts.isElementAccessExpression(node))
    return /(^|\.)process$/.test(node.expression.getText()) && /^['"`]env['"`]$/.test(node.argumentExpression.getText());
  if (ts.isVariableDeclaration(node)) return node.initializer?.getText() === 'process' && /\benv\b/.test(node.name.getText());
  if (ts.isImportSpecifier(node)) return (node.propertyName ?? node.name).text === 'env' &&
    /^(node:)?process$/.test((node.parent.parent.parent.moduleSpecifier as ts.StringLiteral).text);
  return false;
}

/** `repo.save(`, `this.files.repository.save(`, `db.repo(File).save(`, `manager.save(`. */
function savesRow(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || node.expression.name.text !== 'save') return false;
  return /(repo|repository|manager|\brepo\([^()]*\))$/i.test(node.expression.expression.getText());
}
