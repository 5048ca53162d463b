import { type ScimFilter, type PatchPath, ownName, parsePath } from './filter.js';
import { matches, truthOf } from './matches.js';
import { scimFault } from './scim-error.js';

/** What a kind of resource has: attribute in lower case -> its spelling, and what stands in it. */
export type Shape = ReadonlyMap<string, { name: string; holds: Holds }>;

type Holds = 'one' | 'parts' | 'many' | 'what-we-say';

export function shapeOf(attributes: Partial<Record<Holds, string[]>>): Shape {
  return new Map(Object.entries(attributes)
    .flatMap(([holds, names]) => names.map((name) => [name.toLowerCase(), { name, holds: holds as Holds }] as const)));
}

export type Resource = Record<string, unknown>;

const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const MOST_OPERATIONS = 1_000;

/**
 * The resource after the operations of a PATCH (RFC 7644 §3.5.2), in the shapes of Entra ID and Okta as well. Nothing of the former is
 * changed. What the shape does not hold is left alone, in whatever form it comes: a directory sends what it has, and one attribute that is
 * not kept here must not cost it the others.
 */
export function patched(resource: Resource, body: unknown, shape: Shape): Resource {
  const { schemas, operations } = lowered(body);
  if (!Array.isArray(schemas) || !schemas.some((one) => String(one).toLowerCase() === PATCH_SCHEMA.toLowerCase()))
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
    else at(result, verb, parsePath(path), value, shape);
  }
  return result;
}

type Verb = 'add' | 'replace' | 'remove';

function isVerb(text: string): text is Verb {
  return text === 'add' || text === 'replace' || text === 'remove';
}

/** Without a path the value is an object of attributes or of paths; what we say comes back in it as it was read. */
function whole(resource: Resource, verb: Verb, value: unknown, shape: Shape): void {
  if (verb === 'remove') throw scimFault('noTarget', 'a remove names a path.');
  for (const [key, one] of Object.entries(objectOf(value))) {
    const name = ownName(key);
    const kept = shape.get(/^\w*/.exec(name)![0].toLowerCase());
    if (name === '' && key !== '') whole(resource, verb, one, shape);
    else if (kept && kept.holds !== 'what-we-say') at(resource, verb, parsePath(name), one, shape);
  }
}

function at(resource: Resource, verb: Verb, path: PatchPath, value: unknown, shape: Shape): void {
  const attribute = shape.get(path.attribute);
  if (!attribute) return;
  const { name, holds } = attribute;
  switch (holds) {
    case 'what-we-say':
      // Whose attributes are sent is told in the resource's schemas, also of those that are not kept.
      if (name !== 'schemas') throw scimFault('mutability', `"${name}" is not the client's to set.`);
      return;
    case 'one':
      if (path.values || path.sub) throw scimFault('invalidPath', `"${name}" has no parts.`);
      if (verb === 'remove') delete resource[name];
      else resource[name] = single(value);
      return;
    case 'parts':
      if (path.values) throw scimFault('invalidPath', `"${name}" has one value.`);
      resource[name] = parts(resource[name], verb, path.sub, value);
      return;
    case 'many':
      resource[name] = many(listOf(resource[name]), verb, path, value);
  }
}

/** Directories of before wrap a plain value as one of a list. */
function single(value: unknown): unknown {
  const one: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return one !== null && typeof one === 'object' && 'value' in one ? one.value : one;
}

function parts(held: unknown, verb: Verb, sub: string | null, value: unknown): Resource {
  const present = (held ?? {}) as Resource;
  if (sub !== null) return verb === 'remove' ? without(present, sub) : { ...without(present, sub), [spelled(present, sub)]: value };
  return verb === 'remove' || value === null ? {} : Object.entries(objectOf(value))
    .reduce((all, [name, one]) => ({ ...without(all, name.toLowerCase()), [spelled(all, name.toLowerCase())]: one }), present);
}

function many(held: Resource[], verb: Verb, { values, sub }: PatchPath, value: unknown): Resource[] {
  if (values) return some(held, verb, values, sub, value);
  if (sub !== null) return held.map((one) =>
    (verb === 'remove' ? without(one, sub) : { ...without(one, sub), [spelled(one, sub)]: value }));
  if (verb === 'replace') return listOf(value);
  if (verb === 'remove') {
    // Entra ID names in the value what is to go.
    const gone = value === undefined || value === null ? undefined : new Set(listOf(value).map(({ value: one }) => caseless(one)));
    return gone ? held.filter((one) => !gone.has(caseless(one.value))) : [];
  }
  return listOf(value).reduce(added, held);
}

function some(held: Resource[], verb: Verb, filter: ScimFilter, sub: string | null, value: unknown): Resource[] {
  const meant = new Set(held.filter((one) => matches(filter, one)));
  if (verb === 'remove') return sub === null ? held.filter((one) => !meant.has(one))
    : held.map((one) => (meant.has(one) ? without(one, sub) : one));
  if (meant.size === 0) {
    // Entra ID sets emails[type eq "work"].value where there is none yet.
    const described = descriptionOf(filter);
    if (sub === null || !described) throw scimFault('noTarget', 'no value is meant by the filter of the path.');
    return added(held, { ...described, [sub]: value });
  }
  return held.map((one) =>
    (!meant.has(one) ? one : sub === null ? { ...one, ...objectOf(value) } : { ...without(one, sub), [spelled(one, sub)]: value }));
}

/** What a value is that such a filter means, where it says so: equal to this and to that. */
function descriptionOf(filter: ScimFilter): Resource | undefined {
  if (filter.kind === 'compare') return filter.op === 'eq' ? { [filter.path]: truthOf(filter.value) } : undefined;
  const [left, right] = filter.kind === 'and' ? [descriptionOf(filter.left), descriptionOf(filter.right)] : [];
  return left && right && { ...left, ...right };
}

function caseless(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

/** The same value again is no other one; of primary ones the last counts. */
function added(held: Resource[], one: Resource): Resource[] {
  const others = truthOf(one.primary) === true ? held.map((other) => ({ ...other, primary: false })) : held;
  const known = others.findIndex((other) => caseless(other.value) === caseless(one.value) && one.value !== undefined);
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

export function listOf(value: unknown): Resource[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((one) => (typeof one === 'string' ? { value: one } : objectOf(one)));
}

export function objectOf(value: unknown): Resource {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw scimFault('invalidValue', 'an object is missing where one should be.');
  return value as Resource;
}

/** Attribute names are the same in any case, and with the schema of the standard before them. */
export function lowered(value: unknown): Resource {
  return Object.fromEntries(Object.entries(objectOf(value)).map(([name, one]) => [ownName(name).toLowerCase(), one]));
}
