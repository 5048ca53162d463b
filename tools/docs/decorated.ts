import ts from 'typescript';
import { literalText } from '../boundaries/source.js';

/** A decorator as written: `@Env('PORT', { description: '…' })` -> name `Env`, arguments as nodes. */
export interface Decoration {
  name: string;
  args: readonly ts.Expression[];
}

export function decorations(node: ts.HasDecorators): Decoration[] {
  return (ts.getDecorators(node) ?? []).map(({ expression }) =>
    ts.isCallExpression(expression) ? { name: expression.expression.getText(), args: expression.arguments }
      : { name: expression.getText(), args: [] });
}

/** The value of a literal: text, number, boolean, list or object of these; undefined for anything else. */
export function literalValue(node: ts.Node | undefined): unknown {
  if (!node) return undefined;
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return literalValue(node.expression);
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) return node.kind === ts.SyntaxKind.TrueKeyword;
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) return -(literalValue(node.operand) as number);
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(literalValue);
  if (ts.isObjectLiteralExpression(node)) {
    return Object.fromEntries(
      node.properties.filter(ts.isPropertyAssignment).map((one) => [one.name.getText(), literalValue(one.initializer)]));
  }
  return literalText(node);
}

/** The doc comment of a declaration, as one paragraph. */
export function docOf(node: ts.Node): string {
  const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.comment;
  return (ts.getTextOfJSDocComment(comment) ?? '').replace(/\s+/g, ' ').trim();
}
