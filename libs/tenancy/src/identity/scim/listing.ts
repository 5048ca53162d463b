import { createHash } from 'node:crypto';
import { AppError } from '#platform/core';
import { canonical } from '../../access/canonical-json.js';
import { type Fields, conditionOf } from './filter-sql.js';
import { isForeign, ownName, parseFilter } from './filter.js';
import type { Resource } from './patch.js';
import { scimFault } from './scim-error.js';

export const MOST_RESULTS = 200;
const USUAL_RESULTS = 100;

/** Query of a list (RFC 7644 §3.4.2); every field may be missing or odd. */
export interface ListQuery {
  filter?: unknown;
  startIndex?: unknown;
  count?: unknown;
  sortBy?: unknown;
  sortOrder?: unknown;
  attributes?: unknown;
  excludedAttributes?: unknown;
}

export interface Listing {
  where: string;
  params: unknown[];
  orderBy: string;
  startIndex: number;
  count: number;
}

/** The query as conditions over these fields; `id` is the column that decides where all else is equal. */
export function listingOf({ filter, startIndex, count, sortBy, sortOrder }: ListQuery, fields: Fields, id: string): Listing {
  const params: unknown[] = [];
  const asked = single(filter, 'filter');
  const where = asked === undefined ? 'true' : conditionOf(parseFilter(asked), fields, params);
  const by = single(sortBy, 'sortBy');
  const direction = single(sortOrder, 'sortOrder')?.toLowerCase() === 'descending' ? 'desc' : 'asc';
  const order = by === undefined ? undefined : fields.get(ownName(by).toLowerCase());
  if (by !== undefined && !order) throw scimFault('invalidValue', `"${by.slice(0, 60)}" is nothing to sort by.`);
  return {
    where,
    params,
    orderBy: order && !order.around ? `${order.sql} ${direction}, ${id}` : id,
    startIndex: Math.max(1, whole(startIndex, 'startIndex') ?? 1),
    count: Math.min(MOST_RESULTS, Math.max(0, whole(count, 'count') ?? USUAL_RESULTS)),
  };
}

export function listResponse(items: Resource[], totalResults: number, startIndex: number): Resource {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], totalResults, startIndex, itemsPerPage: items.length,
    Resources: items };
}

/** With its version, of everything it says. */
export function versioned(resource: Resource): Resource {
  const version = `W/"${createHash('sha256').update(canonical(resource)).digest('base64url').slice(0, 22)}"`;
  return { ...resource, meta: { ...(resource.meta as object), version } };
}

export function versionOf(resource: Resource): string {
  return (resource.meta as { version: string }).version;
}

export function assertMatch(resource: Resource, ifMatch: string | undefined): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const weak = (tag: string): string => tag.trim().replace(/^W\//, '');
  if (!ifMatch.split(',').map(weak).includes(weak(versionOf(resource)))) {
    throw new AppError('precondition-failed', 'tenancy.scim-version',
      'Nothing was changed: it is not in the version that If-Match names any more. Read it again.');
  }
}

const ALWAYS = new Set(['id', 'schemas', 'meta']);

/**
 * Only what was asked for (RFC 7644 §3.9), or all but that; parts of an attribute by themselves. What identifies a resource always stays.
 */
export function shown(resource: Resource, { attributes, excludedAttributes }: ListQuery): Resource {
  const [wanted, unwanted] = [attributesOf(attributes, 'attributes'), attributesOf(excludedAttributes, 'excludedAttributes')];
  const names = wanted ?? unwanted;
  if (!names) return resource;
  return Object.fromEntries(Object.entries(resource).flatMap(([name, value]) => {
    const key = name.toLowerCase();
    const subs = [...names].filter((one) => one.startsWith(`${key}.`)).map((one) => one.slice(key.length + 1));
    if (ALWAYS.has(key) || names.has(key)) return ALWAYS.has(key) || wanted ? [[name, value]] : [];
    if (subs.length === 0 || typeof value !== 'object') return wanted ? [] : [[name, value]];
    const cut = (one: unknown): Resource => Object.fromEntries(Object.entries(one as Resource)
      .filter(([sub]) => subs.includes(sub.toLowerCase()) === Boolean(wanted)));
    return [[name, Array.isArray(value) ? value.map(cut) : cut(value)]];
  }));
}

/** In lower case; of other schemas none. */
export function attributesOf(value: unknown, name: string): Set<string> | undefined {
  const names = single(value, name)?.split(',', 50).map((one) => ownName(one.trim()).toLowerCase());
  return names && new Set(names.filter((one) => !isForeign(one)));
}

function single(value: unknown, name: string): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw scimFault('invalidValue', `"${name}" stands once.`);
  return value;
}

function whole(value: unknown, name: string): number | undefined {
  const text = single(value, name);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,9}$/.test(text)) throw scimFault('invalidValue', `"${name}" is a whole number.`);
  return Number(text);
}
