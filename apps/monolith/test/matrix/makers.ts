import type pg from 'pg';
import { newId } from '#platform/core';
import { eventually, withClient } from '#platform/testing';
import { newMember, newWidget, type Person, signIn } from './people.js';
import type { Wire } from './wire.js';

/** What a maker may use: a person to speak as, and a look at the database where no route tells an id. */
export interface Workshop {
  wire: Wire;
  admin: pg.ClientConfig;
}

type Maker = (shop: Workshop, by: Person) => Promise<string>;

/**
 * One thing of every kind that a route's path may name: the last fixed part of the path before the parameter -> how a person comes by
 * one. A route whose parameter has no maker fails the suite; put its maker here.
 */
export const MAKERS: Record<string, Maker> = {
  'api-keys': async ({ wire }, by) => (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/api-keys',
    body: { name: by.tenantId, scopes: ['search.*'] } }, by.token)).id,
  keys: async ({ wire }, by) => (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/me/keys',
    body: { name: by.tenantId, scopes: ['search.*'] } }, by.token)).id,
  'service-accounts': async ({ wire }, by) => (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/service-accounts',
    body: { name: newId(), role: 'viewer' } }, by.token)).id,
  /** Operators name tenants; to all others there is no such thing. */
  tenants: async (_shop, { tenantId }) => tenantId,
  /** Whatever it names: one that an operator made is not theirs to make. */
  'operator-admissions': async ({ admin }, { tenantId }) => newAdmission(admin, tenantId),
  teams: async ({ wire }, by) =>
    (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/teams', body: { name: newId() } }, by.token)).id,
  widgets: async (shop, by) => (await newWidget(shop.wire, by, await MAKERS.agents!(shop, by))).id,
  conversations: async ({ wire }, by) =>
    (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/conversations', body: { title: by.tenantId } }, by.token)).id,
  memories: async ({ wire }, by) => (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/memories',
    body: { text: `The word of ${by.tenantId} is ${newId()}.` } }, by.token)).id,
  files: newFile,
  faqs: async ({ wire }, by) => (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/knowledge/faqs',
    body: { question: `Who is ${newId()}?`, answer: `Somebody of ${by.tenantId}.` } }, by.token)).id,
  agents: async ({ wire }, by) =>
    (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/agents', body: { name: newId() } }, by.token)).id,
  /** A model is named by its agent's handle; an id as a name makes one that looks like an id. */
  models: async ({ wire }, by) =>
    (await wire.need<{ handle: string }>({ method: 'POST', path: '/v1/agents', body: { name: newId() } }, by.token)).handle,
  roles: async ({ wire }, by) => (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/roles',
    body: { name: newId(), permissions: ['search.*'] } }, by.token)).id,
  members: async ({ wire, admin }, by) => (await newMember(wire, admin, by, 'viewer')).userId,
  invitations: async ({ wire }, by) => (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/invitations',
    body: { email: `${newId()}@example.org`, role: 'viewer' } }, by.token)).id,
  /** Another sign-in of the same person. */
  sessions: async ({ wire }, by) => {
    const { accessToken } = await signIn(wire, by);
    const { items } = await wire.need<{ items: { id: string; current: boolean }[] }>({ method: 'GET', path: '/v1/me/sessions' },
      accessToken);
    return items.find(({ current }) => current)!.id;
  },
  runs: async (shop, by) => (await answered(shop, by)).run.id,
  messages: async (shop, by) => (await answered(shop, by)).message.id,
  'data-exports': async ({ wire }, by) => finished(wire, by, '/v1/me/data-exports', '/v1/me/data-exports'),
  'person-exports': async ({ wire }, by) => finished(wire, by, `/v1/members/${by.userId}/data-exports`, '/v1/person-exports'),
  exports: async ({ wire }, by) => finished(wire, by, '/v1/tenant/exports', '/v1/tenant/exports'),
  /** No route tells a job's id; the upload of a file leaves one. */
  jobs: async (shop, by) => {
    await newFile(shop, by);
    const { rows } = await withClient(shop.admin, (client) =>
      client.query<{ id: string }>(`select message_id as id from kernel.delivery where tenant_id = $1 and kind = 'job' order by ` +
        `created_at desc limit 1`, [by.tenantId]));
    return rows[0]!.id;
  },
  domains: async ({ wire }, by) =>
    (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/domains', body: { domain: `${newId()}.example` } }, by.token)).id,
  'identity-providers': newProvider,
  webhooks: newWebhook,
  Users: async ({ wire, admin }, by) => (await newMember(wire, admin, by, 'viewer')).userId,
  Groups: newGroup,
  'directory-groups': newGroup,
  Schemas: async () => newId(),
  ResourceTypes: async () => newId(),
  /** Comes of a sign-in at an issuer. */
  'external-logins': async (shop, by) => {
    const [id, provider] = [newId(), await newProvider(shop, by)];
    await withClient(shop.admin, (client) => client.query('insert into tenancy.external_login (tenant_id, id, provider_id, subject, ' +
      'member_id) values ($1, $2, $3, $4, $5)', [by.tenantId, id, provider, newId(), by.userId]));
    return id;
  },
  /** Of planted.ts. */
  items: async ({ wire }, by) => (await wire.need<{ id: string }>({ method: 'POST', path: '/v1/planted/items' }, by.token)).id,
};

async function newAdmission(admin: pg.ClientConfig, tenantId: string): Promise<string> {
  const id = newId();
  await withClient(admin, (client) => client.query(
    `insert into tenancy.operator_access (tenant_id, id, operator_id, operator_name, reason, secret_hash, expires_at) values ($1, $2, ` +
      `$3, 'Olga', 'a fault in the index', 'x', now() + interval '1 hour')`,
    [tenantId, id, newId()],
  ));
  return id;
}

async function newGroup({ admin }: Workshop, by: Person): Promise<string> {
  const id = newId();
  await withClient(admin, (client) =>
    client.query('insert into tenancy.scim_group (tenant_id, id, display_name) values ($1, $2, $3)', [by.tenantId, id, id]));
  return id;
}

/** The route asks the issuer first, and there is none here. */
async function newProvider({ admin }: Workshop, by: Person): Promise<string> {
  const id = newId();
  await withClient(admin, (client) => client.query(`insert into tenancy.identity_provider (tenant_id, id, name, issuer, client_id) ` +
    `values ($1, $2, 'Corp', 'https://issuer.example', 'atoll')`, [by.tenantId, id]));
  return id;
}

/** A tenant has five at most by the route; disabled, nothing is sent to it. */
async function newWebhook({ admin }: Workshop, by: Person): Promise<string> {
  const id = newId();
  await withClient(admin, (client) => client.query(`insert into tenancy.audit_webhook (tenant_id, id, name, url, secret, enabled, ` +
    `position, sending) values ($1, $2, 'SIEM', 'https://siem.example', 'sealed', false, 0, 0)`, [by.tenantId, id]));
  return id;
}

async function newFile({ wire }: Workshop, by: Person): Promise<string> {
  const { id } = await wire.need<{ id: string }>({ method: 'POST', path: '/v1/knowledge/files', fileName: `${newId()}.md` }, by.token);
  await eventually(async () => {
    const { state } = await wire.need<{ state: string }>({ method: 'GET', path: `/v1/knowledge/files/${id}` }, by.token);
    if (state !== 'ready') throw new Error(`the file is ${state}`);
  }, { timeoutMs: 30_000 });
  return id;
}

async function answered(shop: Workshop, by: Person): Promise<{ run: { id: string }; message: { id: string } }> {
  const id = await MAKERS.conversations!(shop, by);
  return shop.wire.need({ method: 'POST', path: `/v1/conversations/${id}/messages`, body: { text: 'When does the ferry leave?' } },
    by.token);
}

/** An export that is asked for at one path and followed at another, once it is done. */
async function finished(wire: Wire, by: Person, ask: string, follow: string): Promise<string> {
  const { id } = await wire.need<{ id: string }>({ method: 'POST', path: ask }, by.token);
  await eventually(async () =>
    expect(await wire.need({ method: 'GET', path: `${follow}/${id}` }, by.token)).toMatchObject({ state: 'done' }));
  return id;
}
