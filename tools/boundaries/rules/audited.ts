import ts from 'typescript';
import { type Source, type Violation, literalText, nodes, violation } from '../source.js';

const MUTATING = new Set(['Post', 'Put', 'Patch', 'Delete', 'All']);
const ACTION = /^[a-z]+(\.[a-z]+(-[a-z]+)*){2}$/;
/** "reads" is a reason; "no" is not. */
const SHORTEST_REASON = 10;

/** Every route that may change something is audited, `@Audited('<context>.<noun>.<verb>')`, or says why not: `@Unaudited('...')`. */
export function auditedRules(source: Source): Violation[] {
  const { zone } = source;
  if (zone.test || zone.kind === 'tools' || zone.kind === 'bench') return [];
  const found: Violation[] = [];
  for (const node of nodes(source.ast)) {
    if (!ts.isMethodDeclaration(node)) continue;
    const decorators = new Map(ts.getDecorators(node)
      ?.map(({ expression }) => [(ts.isCallExpression(expression) ? expression.expression : expression).getText(), expression] as const));
    const [audited, unaudited] = [decorators.get('Audited'), decorators.get('Unaudited')];
    const mutating = [...decorators.keys()].some((name) => MUTATING.has(name));
    if (mutating && !audited === !unaudited) found.push(violation(source, node, 'unaudited-route',
      `${node.name.getText()}() changes something and needs one of @Audited('<context>.<noun>.<verb>') and @Unaudited('<why>')`));
    if (unaudited && (firstText(unaudited)?.length ?? 0) < SHORTEST_REASON)
      found.push(violation(source, unaudited, 'unaudited-reason', '@Unaudited says in words why, or what audits it instead'));
    if (!audited) continue;
    const action = firstText(audited);
    if (!action || !ACTION.test(action) || action.split('.')[0] !== zone.name)
      found.push(violation(source, audited, 'audit-action', `'${action ?? ''}' is not ${zone.name}.<noun>.<past-tense verb>`));
  }
  return found;
}

function firstText(expression: ts.Expression): string | undefined {
  const argument = ts.isCallExpression(expression) ? expression.arguments[0] : undefined;
  return argument && literalText(argument);
}
