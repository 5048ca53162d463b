import ts from 'typescript';

/** What class-validator's decorators say, in JSON Schema's words. Arguments are read as literals; a constant behind a name is looked up in the same file. */
const RULES = {
  IsInt: () => ({ type: 'integer' }),
  Min: ([value]) => ({ minimum: value }),
  Max: ([value]) => ({ maximum: value }),
  MinLength: ([value]) => ({ minLength: value }),
  MaxLength: ([value]) => ({ maxLength: value }),
  Length: ([min, max]) => ({ minLength: min, maxLength: max }),
  ArrayMinSize: ([value]) => ({ minItems: value }),
  ArrayMaxSize: ([value]) => ({ maxItems: value }),
  ArrayUnique: () => ({ uniqueItems: true }),
  IsMailbox: () => ({ format: 'email', maxLength: 254 }),
  IsUUID: () => ({ format: 'uuid' }),
  IsUrl: () => ({ format: 'uri' }),
  IsDay: () => ({ format: 'date' }),
  IsMoment: () => ({ format: 'date-time' }),
  Matches: ([value]) => (typeof value === 'string' ? { pattern: value } : {}),
};

/** { optional, schema } of a property's decorators and initial value. */
export function rulesOf(declaration) {
  const schema = {};
  let optional = false;
  if (!declaration || !ts.canHaveDecorators(declaration)) return { optional, schema };
  for (const { expression } of ts.getDecorators(declaration) ?? []) {
    if (!ts.isCallExpression(expression)) continue;
    const name = expression.expression.getText();
    if (name === 'IsOptional') optional = true;
    Object.assign(schema, RULES[name]?.(expression.arguments.map(valueOf)) ?? {});
  }
  const initial = declaration.initializer && valueOf(declaration.initializer);
  if (initial !== undefined) schema.default = initial;
  for (const [key, value] of Object.entries(schema)) if (value === undefined) delete schema[key];
  return { optional, schema };
}

function valueOf(node) {
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isRegularExpressionLiteral(node)) return node.text.slice(1, node.text.lastIndexOf('/'));
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) return node.kind === ts.SyntaxKind.TrueKeyword;
  if (ts.isIdentifier(node)) return constantOf(node);
  return undefined;
}

function constantOf(identifier) {
  for (const statement of identifier.getSourceFile().statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (name.getText() === identifier.text && initializer && !ts.isIdentifier(initializer)) return valueOf(initializer);
    }
  }
  return undefined;
}
