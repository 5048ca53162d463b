import ts from 'typescript';
import { rulesOf } from './rules.mjs';

/** TypeScript types as JSON Schema 2020-12 (what OpenAPI 3.1 speaks). Named types of our own become components, everything else is written out in place. */
export class SchemaWriter {
  /** id -> { name, context, schema }: a name may be taken by two contexts, so references are resolved at the end. */
  #components = new Map();
  #ids = new Map();

  constructor(checker) {
    this.checker = checker;
  }

  of(type) {
    const { checker } = this;
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.Never | ts.TypeFlags.TypeParameter)) return {};
    if (type.flags & ts.TypeFlags.Null) return { type: 'null' };
    if (type.flags & ts.TypeFlags.BooleanLike && !(type.flags & ts.TypeFlags.Union && type.types.length > 2)) return { type: 'boolean' };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { type: typeof type.value, const: type.value };
    if (type.flags & (ts.TypeFlags.StringLike | ts.TypeFlags.TemplateLiteral)) return { type: 'string' };
    if (type.flags & ts.TypeFlags.NumberLike) return { type: 'number' };
    const alias = this.#named(type.aliasSymbol);
    if (alias) return this.#component(type, type.aliasSymbol, type.aliasTypeArguments);
    if (type.isUnion()) return this.#union(type);
    if (checker.isTupleType(type)) return { type: 'array', prefixItems: checker.getTypeArguments(type).map((item) => this.of(item)) };
    if (checker.isArrayType(type)) return { type: 'array', items: this.of(checker.getTypeArguments(type)[0]) };
    const name = type.symbol?.getName();
    if (name === 'Date') return { type: 'string', format: 'date-time' };
    if (this.#named(type.symbol)) return this.#component(type, type.symbol, checker.getTypeArguments(type));
    return this.#object(type);
  }

  /** Schema of one property or parameter: its type, its words, and what its decorators ask. */
  ofProperty(symbol) {
    const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
    const type = this.checker.getTypeOfSymbol(symbol);
    const { optional, schema: rules } = rulesOf(declaration);
    const words = wordsOf(symbol, this.checker);
    const own = { ...this.of(this.checker.getNonNullableType(type) !== type && (symbol.flags & ts.SymbolFlags.Optional || optional) ? withoutUndefined(this.checker, type) : type) };
    if (rules.type === 'integer' && own.type !== 'number') delete rules.type;
    const schema = own.$ref && (words || Object.keys(rules).length) ? { allOf: [own], ...rules } : { ...own, ...rules };
    if (words) schema.description = words;
    return { schema, required: !(symbol.flags & ts.SymbolFlags.Optional) && !optional && declaration?.initializer === undefined };
  }

  /** All components by their final names; a name two contexts use gets the context in front. */
  components() {
    const byName = Map.groupBy(this.#components.values(), ({ name }) => name);
    const names = new Map([...this.#components].map(([id, { name, context }]) => [id, byName.get(name).length > 1 ? context + name : name]));
    return { schemas: Object.fromEntries([...this.#components].map(([id, { schema }]) => [names.get(id), schema])), names };
  }

  #union(type) {
    const nullable = type.types.some((one) => one.flags & ts.TypeFlags.Null);
    const rest = type.types.filter((one) => !(one.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined | ts.TypeFlags.Void)));
    const literals = rest.filter((one) => one.isStringLiteral() || one.isNumberLiteral());
    const schemas = literals.length > 1 ? [{ type: typeof literals[0].value, enum: literals.map(({ value }) => value).sort((a, b) => (a < b ? -1 : 1)) }] : literals.map((one) => this.of(one));
    const others = rest.filter((one) => !literals.includes(one));
    const booleans = others.filter((one) => one.flags & ts.TypeFlags.BooleanLiteral);
    if (booleans.length > 0) schemas.push({ type: 'boolean' });
    schemas.push(...others.filter((one) => !booleans.includes(one)).map((one) => this.of(one)));
    if (!nullable) return schemas.length === 1 ? schemas[0] : { anyOf: schemas };
    const [only] = schemas;
    if (schemas.length === 1 && typeof only.type === 'string' && only.const === undefined) return { ...only, type: [only.type, 'null'], ...(only.enum && { enum: [...only.enum, null] }) };
    return { anyOf: [...schemas, { type: 'null' }] };
  }

  #object(type) {
    const { checker } = this;
    const index = checker.getIndexInfoOfType(type, ts.IndexKind.String);
    const schema = { type: 'object' };
    const required = [];
    for (const symbol of checker.getPropertiesOfType(type)) {
      const name = symbol.getName();
      if (name.startsWith('__') || symbol.flags & ts.SymbolFlags.Method || checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0) continue;
      const property = this.ofProperty(symbol);
      (schema.properties ??= {})[name] = property.schema;
      if (property.required) required.push(name);
    }
    if (required.length > 0) schema.required = required;
    if (index) schema.additionalProperties = this.of(index.type);
    return schema;
  }

  #component(type, symbol, args = []) {
    if (!this.#ids.has(type)) {
      const id = `component:${this.#ids.size}`;
      this.#ids.set(type, id);
      const file = symbol.declarations[0].getSourceFile().fileName;
      const context = /libs\/([a-z]+)\//.exec(file)?.[1] ?? 'app';
      const component = { name: symbol.getName() + nameOfArguments(args), context: context[0].toUpperCase() + context.slice(1), schema: {} };
      this.#components.set(id, component);
      const words = wordsOf(symbol, this.checker);
      component.schema = { ...(type.isUnion() ? this.#union(type) : this.#object(type)), ...(words && { description: words }) };
    }
    return { $ref: this.#ids.get(type) };
  }

  /** Interfaces, classes and aliases of this repository have a name that means something to a reader. */
  #named(symbol) {
    const declaration = symbol?.declarations?.[0];
    if (!declaration || declaration.getSourceFile().fileName.includes('node_modules')) return false;
    return ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration);
  }
}

function withoutUndefined(checker, type) {
  if (!type.isUnion()) return type;
  const kept = type.types.filter((one) => !(one.flags & ts.TypeFlags.Undefined));
  return kept.length === 1 ? kept[0] : type;
}

function nameOfArguments(args) {
  const names = args.map((arg) => (arg.aliasSymbol ?? arg.symbol)?.getName()).filter((name) => name && !name.startsWith('__'));
  return names.length > 0 ? `Of${names.join('And')}` : '';
}

/** A doc comment as paragraphs: where its lines were broken does not matter. */
export function wordsOf(symbol, checker) {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/(?<!\n)\n(?!\n)/g, ' ');
}
