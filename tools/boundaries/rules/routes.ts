import ts from 'typescript';
import { type Source, type Violation, literalText, nodes, violation } from '../source.js';

const ROUTES = new Set(['Get', 'Post', 'Put', 'Patch', 'Delete', 'All', 'Head', 'Options', 'Search', 'Sse']);
const PERMISSION = /^[a-z]+(\.[a-z-]+)?\.(read|write)$/;

/** Every route says who may call it: `@Allow('<context>.<noun>.<read|write>')` or `@Public()`, exactly one of them. */
export function routeRules(source: Source): Violation[] {
  if (source.zone.test) return [];
  const found: Violation[] = [];
  for (const node of nodes(source.ast)) {
    if (!ts.isMethodDeclaration(node)) continue;
    const decorators = new Map(ts.getDecorators(node)?.map(({ expression }) => [calleeName(expression), expression] as const));
    if (![...decorators.keys()].some((name) => ROUTES.has(name))) continue;
    const allow = decorators.get('Allow');
    if (!allow === !decorators.has('Public'))
      found.push(violation(source, node, 'open-route', `${node.name.getText()}() needs one of @Allow(...) and @Public()`));
    if (!allow || !ts.isCallExpression(allow)) continue;
    for (const argument of allow.arguments) {
      const permission = literalText(argument);
      if (permission !== undefined && !PERMISSION.test(permission)) {
        found.push(violation(source, argument, 'permission-name', `'${permission}' is not <context>.<noun>.<read|write>`));
      }
    }
  }
  return found;
}

function calleeName(expression: ts.Expression): string {
  return (ts.isCallExpression(expression) ? expression.expression : expression).getText();
}
