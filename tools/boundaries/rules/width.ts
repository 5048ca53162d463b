import ts from 'typescript';
import { type Source, type Violation, nodes } from '../source.js';

const WIDEST = 140;

/** A line is read without scrolling: 140 characters at most, unless a regular expression or the text of a template is what is wide. */
export function widthRules({ path, ast }: Source): Violation[] {
  const wide = ast.text.split('\n').flatMap((line, at) => (line.length > WIDEST ? [{ at, length: line.length }] : []));
  if (wide.length === 0) return [];
  const unbreakable = [...nodes(ast)].filter(isUnbreakable).map((node) => [node.getStart(ast), node.end] as const);
  return wide
    .filter(({ at }) => {
      const edge = ast.getPositionOfLineAndCharacter(at, WIDEST);
      return !unbreakable.some(([from, to]) => from <= edge && edge <= to);
    })
    .map(({ at, length }) => ({ path, line: at + 1, rule: 'width', message: `${length} characters, more than ${WIDEST}: break the line` }));
}

/** What cannot be broken without changing what it says. */
function isUnbreakable(node: ts.Node): boolean {
  const isTemplate = ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node);
  return ts.isRegularExpressionLiteral(node) || (isTemplate && node.getText().includes('\n'));
}
