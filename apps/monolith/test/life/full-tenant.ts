import { createHash } from 'node:crypto';
import type { ContextWiring } from '#platform/runtime';
import { newId } from '#platform/core';
import { bootContexts, type BootedContexts, Caller, type Engine, eventually, withClient } from '#platform/testing';
import { contexts } from '../../../contexts.js';

export interface House {
  booted: BootedContexts;
  close(): Promise<void>;
}

export interface Owner {
  tenantId: string;
  userId: string;
  token: string;
  refreshToken: string;
  email: string;
  caller: Caller;
}

export const PASSWORD = 'correct horse battery';

export function wirings(): Promise<ContextWiring[]> {
  return Promise.all(contexts.map(async ({ load }) => (await load()).context));
}

export async function openHouse(engine: Engine, env: Record<string, string> = {}): Promise<BootedContexts> {
  return bootContexts(await wirings(), { engine, env });
}

export async function newOwner(booted: BootedContexts, tenantName: string, email: string): Promise<Owner> {
  const { status, body, text } = await booted.with()
    .post<{ accessToken: string; refreshToken: string; tenant: { id: string }; userId: string }>('/v1/auth/register',
    { tenantName, name: 'Ada Owner', email, password: PASSWORD });
  if (status !== 201) throw new Error(`register answered ${status}: ${text}`);
  return { tenantId: body.tenant.id, userId: body.userId, token: body.accessToken, refreshToken: body.refreshToken, email,
    caller: booted.with(body.accessToken) };
}

/** Something of everything: answers with citations, files, FAQs, memories, feedback, settings, keys. Waits until nothing is under way. */
export async function fill(booted: BootedContexts, owner: Owner): Promise<void> {
  const { caller } = owner;
  const need = async <T>(answer: Promise<{ status: number; text: string; body: T }>): Promise<T> => {
    const { status, text, body } = await answer;
    if (status >= 300) throw new Error(`${status} ${text}`);
    return body;
  };
  await need(caller.patch('/v1/tenant', { locale: 'de-AT', timeZone: 'Europe/Vienna' }));
  await need(caller.patch('/v1/tenant/settings', { settings: { branding: { displayName: 'Riff & Söhne' } } }));
  await need(caller.post('/v1/api-keys', { name: 'CI', scopes: ['*.read'] }));
  await need(caller.post('/v1/roles', { name: 'Librarian', permissions: ['search.*'] }));
  await need(caller.post('/v1/service-accounts', { name: 'Nightly import', role: 'member' }));
  const team = await need(caller.post<{ id: string }>('/v1/teams', { name: 'Harbour' }));
  await need(caller.put(`/v1/teams/${team.id}/members/${owner.userId}`));
  const agent = await need(caller.post<{ id: string }>('/v1/agents', { name: 'Porter' }));
  const widget = await need(caller.post<{ key: string }>('/v1/widgets',
    { name: 'Quay', agentId: agent.id, origins: ['https://riff.example'] }));
  await need(booted.with().post('/v1/visitor-tokens', { key: widget.key }, { origin: 'https://riff.example' }));
  await need(caller.post('/v1/domains', { domain: 'riff.example' }));
  await fillDirectory(booted, owner);
  await need(caller.put('/v1/budget', { monthlyLimit: 500_000, monthlyTokens: null }));
  await need(caller.post('/v1/memories', { text: 'The spare key hangs behind the barometer.' }));
  await need(caller.post('/v1/knowledge/faqs',
    { question: 'When does the ferry leave?', answer: 'At 7:40 and at 18:05, not on Sundays.' }));
  await need(upload(caller, 'ferries.md', '# Ferries\n\nThe ferry to Korcula takes 95 minutes. A bicycle costs 4 euros.\n'));
  await settle(booted);
  const { id } = await need(caller.post<{ id: string }>('/v1/conversations', { title: 'Ferries' }));
  const answer = await need(caller.post<{ message: { id: string } }>(`/v1/conversations/${id}/messages`,
    { text: 'How long does the ferry to Korcula take?' }, { accept: 'application/json' }));
  await need(caller.post(`/v1/messages/${answer.message.id}/feedback`, { rating: 'up', comment: 'danke' }));
  await settle(booted);
}

/** What a directory (SCIM) told: it takes a proven domain and a key of its own to come by over HTTP. */
async function fillDirectory({ admin }: BootedContexts, { tenantId, userId, email }: Owner): Promise<void> {
  const group = newId();
  await withClient(admin, async (client) => {
    await client.query(`insert into tenancy.scim_user (tenant_id, member_id, user_name) values ($1, $2, $3)`, [tenantId, userId, email]);
    await client.query(`insert into tenancy.scim_group (tenant_id, id, display_name, role) values ($1, $2, 'Crew', 'member')`,
      [tenantId, group]);
    await client.query('insert into tenancy.scim_group_member (tenant_id, group_id, member_id) values ($1, $2, $3)',
      [tenantId, group, userId]);
  });
}

function upload(caller: Caller, name: string, content: string): Promise<{ status: number; text: string; body: unknown }> {
  const boundary = 'lagoon';
  const body = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: ` +
    `text/markdown\r\n\r\n${content}\r\n--${boundary}--\r\n`;
  return caller.post('/v1/knowledge/files', body, { 'content-type': `multipart/form-data; boundary=${boundary}` });
}

/** Waits until no event or job is on its way. */
export async function settle({ admin }: BootedContexts): Promise<void> {
  await eventually(async () => {
    const { rows } = await withClient(admin, (client) =>
      client.query<{ handler: string }>(`select handler from kernel.delivery where status not in ('done', 'cancelled', 'parked')`));
    expect(rows).toEqual([]);
  }, { timeoutMs: 30_000 });
}

/** An export, asked for over HTTP and fetched by its link: the bytes of the archive. */
export async function exported(booted: BootedContexts, { caller }: Pick<Owner, 'caller'>): Promise<Buffer> {
  const asked = await caller.post<{ id: string }>('/v1/tenant/exports');
  expect(asked.status).toBe(202);
  await eventually(async () => expect((await caller.get(`/v1/tenant/exports/${asked.body.id}`)).body)
    .toMatchObject({ state: 'done', progress: 1, error: null }), { timeoutMs: 30_000 });
  const { body: link } = await caller.post<{ path: string }>(`/v1/tenant/exports/${asked.body.id}/link`);
  const response = await booted.app.inject({ method: 'GET', url: link.path });
  expect(response.statusCode).toBe(200);
  expect(response.headers).toMatchObject({ 'content-type': 'application/x-tar', 'content-length': String(response.rawPayload.length) });
  return response.rawPayload;
}

/** Name to content of the files of a tar, read by the letter of POSIX rather than by our own reader. */
export function untar(tar: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; tar[at] !== 0; ) {
    const text = (from: number, length: number): string => tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    const prefix = text(345, 155);
    files.set(prefix ? `${prefix}/${text(0, 100)}` : text(0, 100), tar.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Lines of a file of an archive, in an order of their own. */
export function linesIn(files: Map<string, Buffer>, path: string): string[] {
  return (files.get(path)?.toString() ?? '').split('\n').filter((line) => line !== '').sort();
}
