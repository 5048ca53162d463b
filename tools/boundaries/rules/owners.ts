import ts from 'typescript';
import { type Source, type Violation, violation } from '../source.js';
import type { Tree } from '../tree.js';

/** Names that every context exports from files of its own: its wiring and its data map. */
const CONVENTIONS = new Set(['context', 'dataMap', 'blobMap']);

/** One exported name, one owner in the whole of libs/: whoever reads a name knows which thing is meant. */
export function ownerRules(tree: Tree): Violation[] {
  const owners = new Map<string, Source>();
  const found: Violation[] = [];
  for (const source of tree.sources) {
    if (source.zone.kind !== 'library' || source.zone.test || isMigration(source)) continue;
    for (const { name, node } of declaredBy(source)) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, source);
      else if (owner !== source && !CONVENTIONS.has(name)) {
        found.push(violation(source, node, 'two-owners', `${name} is exported by ${owner.path} too: one name, one thing`));
      }
    }
  }
  return found;
}

/** Each migration is imported once, by the list beside it. */
function isMigration({ path }: Source): boolean {
  return path.includes('/migrations/');
}

/** What a file declares and exports itself; overloads once, re-exports not at all. */
function declaredBy({ ast }: Source): { name: string; node: ts.Node }[] {
  const named = new Map<string, ts.Node>();
  for (const statement of ast.statements) {
    const exported = ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!exported) continue;
    const declarations = ts.isVariableStatement(statement) ? statement.declarationList.declarations
      : [statement as ts.DeclarationStatement];
    for (const { name } of declarations) if (name && ts.isIdentifier(name)) named.set(name.text, named.get(name.text) ?? statement);
  }
  return [...named].map(([name, node]) => ({ name, node }));
}
