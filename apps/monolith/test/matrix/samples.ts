import { newId } from '#platform/core';
import { PASSWORD, type Person } from './people.js';

export type Schema = {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  minItems?: number;
  minLength?: number;
  anyOf?: Schema[];
  oneOf?: Schema[];
};

/** Bodies that a schema alone does not tell; `METHOD /path` -> a body that is served. */
export const BODIES: Record<string, (by: Person, own: Record<string, string>) => unknown> = {
  'POST /v1/auth/register': () => ({ tenantName: 'Reef', name: 'Ada', email: `${newId()}@example.org`, password: PASSWORD }),
  'POST /v1/auth/login': ({ email, tenantId }) => ({ email, password: PASSWORD, tenantId }),
  'POST /v1/auth/refresh': ({ refreshToken }) => ({ refreshToken }),
  'POST /v1/tenant/deletion': () => ({ name: 'Attackers' }),
  'POST /v1/auth/switch': ({ tenantId }) => ({ tenantId }),
  'POST /v1/me/second-factor': () => ({ password: PASSWORD }),
  'POST /v1/me/email': () => ({ email: `${newId()}@example.org`, password: PASSWORD }),
  'POST /v1/me/password': () => ({ currentPassword: PASSWORD, newPassword: PASSWORD }),
  'POST /v1/invitations': () => ({ email: `${newId()}@example.org`, role: 'viewer' }),
  'POST /v1/roles': () => ({ name: newId(), permissions: ['search.*'] }),
  'PATCH /v1/roles/{id}': () => ({ permissions: ['search.files.read'] }),
  'PATCH /v1/members/{id}': (_by, { roles }) => ({ roleId: roles }),
  'POST /v1/api-keys': () => ({ name: 'matrix', scopes: ['search.*'] }),
  'POST /scim/v2/Groups': () => ({ displayName: newId() }),
  'PUT /scim/v2/Groups/{id}': () => ({ displayName: newId() }),
  'PATCH /scim/v2/Groups/{id}': () => scimPatch({ op: 'replace', path: 'displayName', value: newId() }),
  'PATCH /scim/v2/Users/{id}': () => scimPatch({ op: 'replace', path: 'displayName', value: 'Sample' }),
  'PUT /scim/v2/Users/{id}': () => ({ userName: `${newId()}@example.org` }),
  'PUT /v1/directory-groups/{id}': () => ({ role: 'viewer' }),
  'PATCH /v1/domains/{id}': () => ({ joinsAs: 'viewer' }),
  /** Refused for its address: five that were taken would change the answer to the sixth. */
  'POST /v1/audit/webhooks': () => ({ name: 'SIEM', url: 'https://127.0.0.1/audit' }),
  'PATCH /v1/audit/webhooks/{id}': () => ({ name: newId() }),
  'POST /v1/domains': () => ({ domain: `${newId()}.example` }),
  'PUT /v1/sign-in-policy': () => ({ secondFactor: 'optional', signIn: 'any' }),
  'POST /v1/me/keys': () => ({ name: 'matrix', scopes: ['search.*'] }),
  'POST /v1/service-accounts': () => ({ name: newId(), role: 'viewer' }),
  'PATCH /v1/service-accounts/{id}': () => ({ name: newId() }),
  'POST /v1/service-accounts/{id}/api-keys': () => ({ name: 'matrix', scopes: ['search.*'] }),
  'PUT /v1/agents/{id}/access': (by) => ({ access: 'restricted', grantedTo: [by.userId] }),
  'PUT /v1/knowledge/files/{id}/access': (by) => ({ access: 'restricted', grantedTo: [by.userId] }),
  'PUT /v1/knowledge/faqs/{id}/access': (by) => ({ access: 'restricted', grantedTo: [by.userId] }),
  'POST /v1/widgets': (_by, { agents }) => ({ name: newId(), agentId: agents, origins: ['https://shop.example'] }),
  'PATCH /v1/widgets/{id}': () => ({ name: newId() }),
  'POST /v1/agents': () => ({ name: newId() }),
  'POST /v1/chat/completions': () =>
    ({ model: 'default', messages: [{ role: 'user', content: 'When does the ferry leave?' }], user: 'somebody' }),
  /** The same words each time: random ones meet other random ones by chance. */
  'POST /v1/search': () => ({ query: 'ferry' }),
  'POST /v1/embeddings': () => ({ model: 'default', input: ['ferry'] }),
  'PUT /v1/budget': () => ({ monthlyLimit: null, monthlyTokens: null }),
  'PATCH /v1/agents/{id}': () => ({ instructions: 'Be brief.' }),
  'POST /v1/planted/by-body': () => ({ itemId: newId() }),
};

/** What of the caller's own a body names, beside what the path does. */
export const NAMED_IN_BODY: Record<string, string[]> = { 'PATCH /v1/members/{id}': ['roles'], 'POST /v1/widgets': ['agents'] };

function scimPatch(operation: object): object {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [operation] };
}

const TEXTS = ['2026-01-31', '1', 'sample@example.org', 'https://example.org'];

/** The smallest body that a schema accepts, or all of it: as far as types, formats and patterns say; a fresh one each time. */
export function sampleOf(schema: Schema, schemas: Record<string, Schema>, whole = false): unknown {
  if (schema.$ref) return sampleOf(schemas[schema.$ref.split('/').at(-1)!] ?? {}, schemas, whole);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return sampleOf(choices[0]!, schemas, whole);
  switch (Array.isArray(schema.type) ? schema.type.find((type) => type !== 'null') : schema.type) {
    case 'string':
      return textOf(schema);
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'array':
      return [sampleOf({ format: schema.format, ...schema.items }, schemas, whole)];
    default:
      return Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => whole || schema.required?.includes(name))
        .map(([name, one]) => [name, sampleOf(one, schemas, whole)]));
  }
}

function textOf({ format, pattern, minLength = 0 }: Schema): string {
  if (format === 'uuid') return newId();
  if (format === 'email') return `${newId()}@example.org`;
  if (format === 'date') return '2036-01-31';
  if (format === 'date-time') return '2036-01-31T12:00:00.000Z';
  if (format === 'uri') return 'https://example.org';
  // Unlike any other: a name that was taken by the request before would look like one that another tenant has.
  const fresh = `Sample ${newId()}`;
  const fitting = [fresh, newId(), ...TEXTS].find((one) => pattern === undefined || new RegExp(pattern, 'u').test(one));
  return (fitting ?? fresh).padEnd(minLength, 'x');
}
