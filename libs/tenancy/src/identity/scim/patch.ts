import { type ScimFilter, type PatchPath, parsePath } from './filter.js';
import { matches } from './matches.js';
import { scimFault } from './scim-error.js';

/** What a kind of resource has: attribute in lower case -> its spelling, and what stands in it. */
export type Shape = ReadonlyMap<string, { name: string; holds: Holds }>;

type Holds = 'one' | 'parts' | 'many' | 'nothing-of-ours' | 'what-we-say';

export function shapeOf(attributes: Partial<Record<Holds, string[]>>): Shape {
  return new Map(Object.entries(attributes)
    .flatMap(([holds, names]) => names.map((name) => [name.toLowerCase(), { name, holds: holds as Holds }] as const)));
}

export type Resource = Record<string, unknown>;

const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const MOST_OPERATIONS = 1_000;

/**
 * The resource after the operations of a PATCH (RFC 7644 §3.5.2), in the shapes of Entra ID and Okta as well. Nothing of the former is
 * changed.
 */
export function patched(resource: Resource, body: unknown, shape: Shape): Resource {
  const { schemas, operations } = lowered(body);
  if (!Array.isArray(schemas) || !schemas.includes(PATCH_SCHEMA))
    throw scimFault('invalidSyntax', `a PATCH names the schema ${PATCH_SCHEMA}.`);
  if (!Array.isArray(operations) || operations.length === 0 || operations.length > MOST_OPERATIONS)
    throw scimFault('invalidSyntax', `a PATCH has 1 to ${MOST_OPERATIONS} "Operations".`);
  const result = structuredClone(resource);
  for (const one of operations) {
    const { op, path, value } = lowered(one);
    const verb = typeof op === 'string' ? op.toLowerCase() : '';
    if (!isVerb(verb)) throw scimFault('invalidSyntax', 'an operation is add, replace or remove.');
    if (path !== undefined && typeof path !== 'string') throw scimFault('invalidPath', 'a path is a text.');
    if (path === undefined || path === '') whole(result, verb, value, shape);
    else at(result, verb, parsePath(path), value, shape, false);
  }
  return result;
}

type Verb = 'add' | 'replace' | 'remove';

function isVerb(text: string): text is Verb {
  return text === 'add' || text === 'replace' || text === 'remove';
}

/** Without a path the value is an object of attributes or of paths. What it holds beyond ours is left alone. */
function whole(resource: Resource, verb: Verb, value: unknown, shape: Shape): void {
  if (verb === 'remove') throw scimFault('noTarget', 'a remove names a path.');
  for (const [key, one] of Object.entries(objectOf(value))) at(resource, verb, parsePath(key), one, shape, true);
}

function at(resource: Resource, verb: Verb, path: PatchPath, value: unknown, shape: Shape, lenient: boolean): void {
  const attribute = shape.get(path.attribute);
  if (!attribute && !lenient) throw scimFault('invalidPath', `"${path.attribute.slice(0, 60)}" is no attribute of it.`);
  if (!attribute || attribute.holds === 'nothing-of-ours') return;
  const { name, holds } = attribute;
  switch (holds) {
    case 'what-we-say':
      if (!lenient) throw scimFault('mutability', `"${name}" is not the client's to set.`);
      return;
    case 'one':
      if (path.values || path.sub) throw scimFault('invalidPath', `"${name}" has no parts.`);
      if (verb === 'remove') delete resource[name];
      else resource[name] = value;
      return;
    case 'parts':
      if (path.values) throw scimFault('invalidPath', `"${name}" has one value.`);
      resource[name] = parts(resource[name], verb, path.sub, value);
      return;
    case 'many':
      resource[name] = many(listOf(resource[name]), verb, path, value);
  }
}

function parts(held: unknown, verb: Verb, sub: string | null, value: unknown): Resource {
  const present = (held ?? {}) as Resource;
  if (sub !== null) return verb === 'remove' ? without(present, sub) : { ...without(present, sub), [spelled(present, sub)]: value };
  return verb === 'remove' ? {} : Object.entries(objectOf(value))
    .reduce((all, [name, one]) => ({ ...without(all, name.toLowerCase()), [spelled(all, name.toLowerCase())]: one }), present);
}

function many(held: Resource[], verb: Verb, { values, sub }: PatchPath, value: unknown): Resource[] {
  if (values) return some(held, verb, values, sub, value);
  if (sub !== null) return held.map((one) =>
    (verb === 'remove' ? without(one, sub) : { ...without(one, sub), [spelled(one, sub)]: value }));
  if (verb === 'replace') return listOf(value);
  if (verb === 'remove') {
    // Entra ID names in the value what is to go.
    const gone = value === undefined || value === null ? undefined : new Set(listOf(value).map((one) => one.value));
    return gone ? held.filter((one) => !gone.has(one.value)) : [];
  }
  return listOf(value).reduce(added, held);
}

function some(held: Resource[], verb: Verb, filter: ScimFilter, sub: string | null, value: unknown): Resource[] {
  const meant = new Set(held.filter((one) => matches(filter, one)));
  if (verb === 'remove') return sub === null ? held.filter((one) => !meant.has(one))
    : held.map((one) => (meant.has(one) ? without(one, sub) : one));
  if (meant.size === 0) {
    // Entra ID sets emails[type eq "work"].value where there is none yet.
    if (sub === null || filter.kind !== 'compare' || filter.op !== 'eq')
      throw scimFault('noTarget', 'no value is meant by the filter of the path.');
    return added(held, { [filter.path]: filter.value, [sub]: value });
  }
  return held.map((one) =>
    (!meant.has(one) ? one : sub === null ? { ...one, ...objectOf(value) } : { ...without(one, sub), [spelled(one, sub)]: value }));
}

/** The same value again is no other one; of primary ones the last counts. */
function added(held: Resource[], one: Resource): Resource[] {
  const others = one.primary === true ? held.map((other) => ({ ...other, primary: false })) : held;
  const known = others.findIndex((other) => other.value === one.value && one.value !== undefined);
  return known < 0 ? [...others, one] : others.map((other, index) => (index === known ? { ...other, ...one } : other));
}

function without(held: Resource, name: string): Resource {
  return Object.fromEntries(Object.entries(held).filter(([key]) => key.toLowerCase() !== name));
}

const SPELLINGS = new Map(
  ['givenName', 'familyName', 'formatted', 'value', 'type', 'primary', 'display'].map((name) => [name.toLowerCase(), name]));

function spelled(held: Resource, name: string): string {
  return SPELLINGS.get(name) ?? Object.keys(held).find((key) => key.toLowerCase() === name) ?? name;
}

function listOf(value: unknown): Resource[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((one) => (typeof one === 'string' ? { value: one } : objectOf(one)));
}

export function objectOf(value: unknown): Resource {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw scimFault('invalidValue', 'an object is missing where one should be.');
  return value as Resource;
}

/** Attribute names are the same in any case. */
export function lowered(value: unknown): Resource {
  return Object.fromEntries(Object.entries(objectOf(value)).map(([name, one]) => [name.toLowerCase(), one]));
}
