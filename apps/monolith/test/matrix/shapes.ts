import { encodeCursor } from '#platform/database';
import type { Route } from './routes.js';
import type { Ask } from './wire.js';

/** Ids of one tenant by what they name: a thing of every kind, the tenant itself, its owner, a used Idempotency-Key. */
export type Ids = Record<string, string>;

/** One way to go for somebody else's things: the request with their ids must be answered as the same request with ids of nobody. */
export interface Shape {
  name: string;
  /** Goes for what the route names itself: tried by everybody in every run. */
  always?: boolean;
  ask(theirs: Ids): Ask;
}

/** What a field may be called that a careless handler believes. */
const OWNERSHIP = ['tenantId', 'tenant_id', 'id', 'ownerId', 'userId', 'createdBy'];
const TENANT_HEADERS = ['x-tenant-id', 'x-tenant', 'x-atoll-tenant', 'x-organization-id', 'tenant'];
const USER_HEADERS = ['x-user-id', 'x-forwarded-user', 'x-remote-user', 'x-auth-request-user', 'x-actor-id'];
const PATH_HEADERS = ['x-original-url', 'x-rewrite-url', 'x-forwarded-uri'];

/**
 * Every shape of one route, for one principal. `own` are ids of the caller's tenant, `kinds` what is tried in a path, `body` makes a fresh
 * body that is served there.
 */
export function shapesOf(route: Route, own: Ids, kinds: string[], body: () => unknown): Shape[] {
  const plain = (ids: Ids): Ask => plainAsk(route, ids, body());
  const onOwn = (): Ask => plain(own);
  return [
    ...pathShapes(route, own, kinds, plain),
    // What a forged tenant would open is what the other tenant's path names. A DELETE would use up what is the caller's own.
    ...(route.params.length > 0 ? forgedShapes(route, plain).map((shape) => ({ ...shape, name: `${shape.name}, their path` })) : []),
    ...(route.params.length === 0 || route.method !== 'DELETE'
      ? [...forgedShapes(route, onOwn), ...queryShapes(route, onOwn), ...bodyShapes(route, body, onOwn)] : []),
    ...(route.form ? [{ name: 'file name', ask: ({ tenant }: Ids) => ({ ...onOwn(), fileName: `../${tenant}/handbook.md` }) }] : []),
  ];
}

export function plainAsk(route: Route, ids: Ids, body: unknown): Ask {
  return { method: route.method, path: pathOf(route, ids), ...(route.form ? { fileName: 'handbook.md' } : body !== undefined && { body }) };
}

function pathOf(route: Route, ids: Ids): string {
  return route.params.reduce((path, { name, kind }) => path.replace(`{${name}}`, encodeURIComponent(ids[kind]!)), route.path);
}

/** Each parameter for itself, with ids of every kind, the caller's own in the others; then all of them. */
function pathShapes(route: Route, own: Ids, kinds: string[], plain: (ids: Ids) => Ask): Shape[] {
  const single = route.params.flatMap((param) => kinds.map((kind) => ({
    name: `${kind} in path {${param.name}}`,
    always: kind === param.kind,
    ask: (theirs: Ids) => plain({ ...own, [param.kind]: theirs[kind]! }),
  })));
  return route.params.length > 1 ? [...single, { name: 'whole path', always: true, ask: plain }] : single;
}

/** The other tenant and its people where a careless server would believe them: headers, cookies, query. */
function forgedShapes(route: Route, plain: (theirs: Ids) => Ask): Shape[] {
  const withHeaders = (name: string, headers: (theirs: Ids) => Record<string, string>): Shape =>
    ({ name, ask: (theirs) => ({ ...plain(theirs), headers: headers(theirs) }) });
  return [
    withHeaders('tenant headers', ({ tenant }) => Object.fromEntries(TENANT_HEADERS.map((name) => [name, tenant!]))),
    withHeaders('user headers', ({ owner }) => Object.fromEntries(USER_HEADERS.map((name) => [name, owner!]))),
    withHeaders('host', ({ tenant }) =>
      ({ host: `${tenant}.atoll.example`, 'x-forwarded-host': `${tenant}.atoll.example`, forwarded: `host=${tenant}.atoll.example` })),
    withHeaders('cookies', ({ tenant, owner }) => ({ cookie: `tenantId=${tenant}; tenant=${tenant}; userId=${owner}; session=${owner}` })),
    withHeaders('rewritten path', (theirs) => Object.fromEntries(PATH_HEADERS.map((name) => [name, `/v1/agents/${theirs.agents}`]))),
    ...(route.method === 'POST' ? [withHeaders('idempotency key', (theirs) => ({ 'idempotency-key': theirs.idempotency! }))] : []),
    { name: 'query tenantId', ask: (theirs) => ({ ...plain(theirs), query: { tenantId: theirs.tenant! } }) },
  ];
}

function queryShapes(route: Route, plain: () => Ask): Shape[] {
  const withQuery = (name: string, query: (theirs: Ids) => Record<string, string | string[]>): Shape =>
    ({ name: `query ${name}`, ask: (theirs) => ({ ...plain(), query: query(theirs) }) });
  return [
    ...route.queries.flatMap((name) => [withQuery(name, ({ tenant }) => ({ [name]: tenant! })),
      withQuery(`${name} twice`, ({ owner, files }) => ({ [name]: [owner!, files!] }))]),
    ...(route.queries.includes('cursor') ? [withQuery('cursor of one id',
      ({ conversations }) => ({ cursor: encodeCursor({ id: conversations! }) })),
      withQuery('cursor of time and id', ({ files }) => ({ cursor: encodeCursor({ createdAt: '2036-01-01T00:00:00.000Z',
        id: files! }) }))] : []),
    withQuery('userId', ({ owner }) => ({ userId: owner! })),
    withQuery('filter[tenantId]', ({ tenant }) => ({ 'filter[tenantId]': tenant!, 'where[tenant_id]': tenant! })),
    withQuery('ids', ({ files, faqs }) => ({ ids: [files!, faqs!] })),
  ];
}

function bodyShapes(route: Route, body: () => unknown, plain: () => Ask): Shape[] {
  const served = body();
  if (route.form || typeof served !== 'object' || served === null) return [];
  const fields = { ...(route.wholeBody?.() as object), ...served } as Record<string, unknown>;
  const withField = (name: string, field: string, value: (theirs: Ids) => unknown): Shape =>
    ({ name: `body ${name}`, ask: (theirs) => ({ ...plain(), body: { ...(body() as object), [field]: value(theirs) } }) });
  return [
    ...Object.keys(fields).flatMap((field) => fieldShapes(field, fields[field], withField)),
    ...OWNERSHIP.map((field) => withField(field, field, ({ tenant, owner }) => (/tenant/i.test(field) ? tenant : owner))),
    withField('nested filter', 'filter', ({ tenant, files }) => ({ tenantId: tenant, id: files })),
    withField('nested tenant', 'tenant', ({ tenant }) => ({ id: tenant })),
    withField('ids', 'ids', ({ files, faqs }) => [files, faqs]),
    { name: 'body as array', ask: (theirs) => ({ ...plain(), body: [{ ...(body() as object), tenantId: theirs.tenant }] }) },
  ];
}

type WithField = (name: string, field: string, value: (theirs: Ids) => unknown) => Shape;

/**
 * A field of the body holding an id of the kind its name speaks of: as itself, in an object, in a list. What is only text gets the last
 * two.
 */
function fieldShapes(field: string, value: unknown, withField: WithField): Shape[] {
  const kinds = kindsOf(field);
  const [first = 'tenant'] = kinds;
  return [
    ...kinds.map((kind) => withField(`${field}: ${kind}`, field,
      (theirs) => (Array.isArray(value) ? [idOf(theirs, kind)] : idOf(theirs, kind)))),
    withField(`${field} as object`, field, (theirs) => ({ id: idOf(theirs, first), $eq: idOf(theirs, first) })),
    withField(`${field} as list`, field, (theirs) => [idOf(theirs, first), theirs.files]),
    ...(holdsObject(value) ? ['tenantId', 'id'].map((name) =>
      withField(`${field} with ${name}`, field, (theirs) => putInto(value, { [name]: idOf(theirs, name === 'id' ? first : 'tenant') })))
      : []),
  ];
}

/** What a field's name says it names; none for what is only text. */
function kindsOf(field: string): string[] {
  const stem = field.replace(/Ids?$/, '').toLowerCase();
  if (stem === 'model') return ['models'];
  if (stem === field.toLowerCase() && !['id', 'ids', 'scopes', 'permissions'].includes(stem)) return [];
  return [...(KINDS[stem] ?? [`${stem}s`]), 'tenant'];
}

const KINDS: Record<string, string[]> = { document: ['files', 'faqs'], user: ['owner'], member: ['owner'], tenant: [] };

function idOf(theirs: Ids, kind: string): string {
  return theirs[kind] ?? theirs.tenant!;
}

function holdsObject(value: unknown): boolean {
  const one = Array.isArray(value) ? (value[0] as unknown) : value;
  return typeof one === 'object' && one !== null;
}

function putInto(value: unknown, more: object): unknown {
  return Array.isArray(value) ? value.map((one: object) => ({ ...one, ...more })) : { ...(value as object), ...more };
}
