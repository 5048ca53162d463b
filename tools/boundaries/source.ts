import ts from 'typescript';

/** Where a file stands: its rights follow from this alone. */
export interface Zone {
  kind: 'library' | 'app' | 'tools' | 'bench';
  /** Library or app name; `platform/core` for a room of the platform. */
  name: string;
  /** A room of the platform, as against a context. */
  platform?: true;
  /** Specs, suites, fixtures, a library's `test/` folder and `platform/testing`: they may boot and break things that products may not. */
  test: boolean;
}

export interface Import {
  specifier: string;
  node: ts.Node;
  typeOnly: boolean;
  /** Names taken by a static import or re-export; `*` for a namespace, `default`, none for dynamic and bare imports. */
  names: string[];
}

export interface Source {
  /** From the root, with forward slashes. */
  path: string;
  zone: Zone;
  ast: ts.SourceFile;
  imports: Import[];
}

export interface Violation {
  path: string;
  line: number;
  rule: string;
  message: string;
}

export function zoneOf(path: string): Zone | undefined {
  const [top, name = '', third = '', fourth = ''] = path.split('/');
  const spec = /\.(spec|suite|fixture)\.tsx?$/.test(path);
  switch (top) {
    case 'libs':
      if (name === 'platform')
        return { kind: 'library', name: `platform/${third}`, platform: true, test: spec || fourth === 'test' || third === 'testing' };
      return { kind: 'library', name, test: spec || third === 'test' };
    case 'apps':
      return { kind: 'app', name, test: spec || third === 'test' };
    case 'tools':
    case 'bench':
      return { kind: top, name: top, test: spec };
    default:
      return undefined;
  }
}

export function parse(path: string, text: string, zone: Zone): Source {
  const ast = ts.createSourceFile(path, text, ts.ScriptTarget.ES2024, true, path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  return { path, zone, ast, imports: importsOf(ast) };
}

export function violation(source: Source, node: ts.Node, rule: string, message: string): Violation {
  const { line } = source.ast.getLineAndCharacterOfPosition(node.getStart(source.ast));
  return { path: source.path, line: line + 1, rule, message };
}

/** Every node of the file, parents first. */
export function* nodes(root: ts.Node): Generator<ts.Node> {
  yield root;
  const children: ts.Node[] = [];
  ts.forEachChild(root, (child) => void children.push(child));
  for (const child of children) yield* nodes(child);
}

/** Text of a string or template as written, joined over `+`; what is interpolated becomes a `_`, as good as any name. */
export function literalText(node: ts.Node): string | undefined {
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [literalText(node.left), literalText(node.right)];
    return left === undefined || right === undefined ? undefined : left + right;
  }
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return node.head.text + node.templateSpans.map((span) => `_${span.literal.text}`).join('');
  return undefined;
}

function importsOf(ast: ts.SourceFile): Import[] {
  const found: Import[] = [];
  for (const node of nodes(ast)) {
    const module = moduleOf(node);
    if (module && ts.isStringLiteralLike(module))
      found.push({ specifier: module.text, node, typeOnly: isTypeOnly(node), names: namesOf(node) });
  }
  return found;
}

/** The module a node names: static, type-only, re-export, `import()`, `require()`, `import('x').T` and jest's module mocks. */
function moduleOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
  if (!ts.isCallExpression(node)) return undefined;
  const callee = node.expression;
  const named = ts.isIdentifier(callee) ? callee.text : ts.isPropertyAccessExpression(callee) ? callee.name.text : '';
  const loads = callee.kind === ts.SyntaxKind.ImportKeyword || ['require', 'unstable_mockModule', 'mock'].includes(named);
  return loads ? node.arguments[0] : undefined;
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true;
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  if (!ts.isImportDeclaration(node) || !node.importClause) return false;
  if (node.importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = node.importClause.namedBindings;
  return !node.importClause.name && !!named && ts.isNamedImports(named) && named.elements.length > 0 &&
    named.elements.every((one) => one.isTypeOnly);
}

function namesOf(node: ts.Node): string[] {
  if (ts.isExportDeclaration(node)) {
    return node.exportClause && ts.isNamedExports(node.exportClause)
      ? node.exportClause.elements.map((one) => (one.propertyName ?? one.name).text) : ['*'];
  }
  if (!ts.isImportDeclaration(node) || !node.importClause) return [];
  const { name, namedBindings } = node.importClause;
  const names = name ? ['default'] : [];
  if (namedBindings && ts.isNamespaceImport(namedBindings)) names.push('*');
  if (namedBindings && ts.isNamedImports(namedBindings))
    names.push(...namedBindings.elements.filter((one) => !one.isTypeOnly).map((one) => (one.propertyName ?? one.name).text));
  return names;
}
