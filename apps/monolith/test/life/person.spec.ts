import { type BootedContexts, type Caller, engines, eventually, withClient } from '#platform/testing';
import { Blobs } from '#platform/adapters';
import { keyOf, newId } from '#platform/core';
import { TenantLife } from '#tenancy/module';
import { type Owner, PASSWORD, fill, linesIn, newOwner, openHouse, settle, untar } from './full-tenant.js';

interface Member {
  id: string;
  email: string;
  caller: Caller;
}

describe.each(engines)('a person’s own data on %s', (engine) => {
  let booted: BootedContexts;
  let [owner, other] = [] as unknown as [Owner, Owner];
  beforeAll(async () => {
    booted = await openHouse(engine);
    [owner, other] = [await newOwner(booted, 'Riff', 'ada@riff.example'), await newOwner(booted, 'Quill', 'eve@quill.example')];
    await fill(booted, owner);
  }, 120_000);
  afterAll(() => booted?.close());

  /** Somebody with a tenant of their own, who is a member of Riff too and has left things there. */
  async function joined(): Promise<{ elsewhere: Owner; here: Member }> {
    const elsewhere = await newOwner(booted, 'Elsewhere', `${newId()}@person.example`);
    const id = newId();
    await withClient(booted.admin, (client) => client.query(`insert into tenancy.membership (tenant_id, id, identity_id, email, name, ` +
      `role) select $1, $2, identity_id, email, 'Bo Member', 'member' from tenancy.membership where id = $3`,
      [owner.tenantId, id, elsewhere.userId]));
    const { body: { accessToken } } = await booted.with().post<{ accessToken: string }>('/v1/auth/login',
      { email: elsewhere.email, password: PASSWORD, tenantId: owner.tenantId });
    const caller = booted.with(accessToken);
    await caller.post('/v1/memories', { text: `Bo plays the zither, says ${id}.` });
    const { body: conversation } = await caller.post<{ id: string }>('/v1/conversations', { title: `Of ${id}` });
    const answer = await caller.post<{ message: { id: string } }>(`/v1/conversations/${conversation.id}/messages`,
      { text: `What does ${id} ask about the ferry?` }, { accept: 'application/json' });
    await caller.post(`/v1/messages/${answer.body.message.id}/feedback`, { rating: 'down', comment: `says ${id}` });
    await caller.post('/v1/knowledge/faqs', { question: `Who is ${newId()}?`, answer: 'Somebody.' });
    await settle(booted);
    return { elsewhere, here: { id, email: elsewhere.email, caller } };
  }

  const tables = (tenantId: string): Promise<Record<string, string>> => withClient(booted.admin, async (client) => {
    const { rows } = await client.query<{ name: string }>(`select format('%I.%I', n.nspname, c.relname) as name from pg_class c join ` +
      `pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' where c.relkind = ` +
        `'r' and n.nspname <> 'kernel'`);
    const texts: [string, string][] = [];
    for (const { name } of rows) texts.push([name, (await client.query<{ text: string | null }>(`select string_agg(t::text, E'\\n') as ` +
      `text from ${name} t where tenant_id = $1`, [tenantId])).rows[0]!.text ?? '']);
    return Object.fromEntries(texts);
  });
  const holding = async (word: string, tenantId = owner.tenantId): Promise<string[]> =>
    Object.entries(await tables(tenantId)).filter(([, text]) => text.includes(word)).map(([name]) => name).sort();
  const identity = (email: string): Promise<number> =>
    withClient(booted.admin,
      async (client) => (await client.query('select 1 from tenancy.identity where email = $1', [email])).rowCount ?? 0);

  /** What may hold the id of somebody who is gone: it leads to nobody. */
  const PSEUDONYM = ['billing.charge', 'search.document', 'tenancy.audit_entry', 'tenancy.data_order', 'tenancy.revocation'];

  it('is exported for them alone, from every context, without a word of anybody else', async () => {
    const { here } = await joined();
    const { body: asked } = await here.caller.post<{ id: string }>('/v1/me/data-exports');
    await eventually(async () => expect((await here.caller.get(`/v1/me/data-exports/${asked.id}`)).body).toMatchObject({ state: 'done' }),
      { timeoutMs: 20_000 });
    expect((await owner.caller.get(`/v1/me/data-exports/${asked.id}`)).status).toBe(404);
    expect((await other.caller.get(`/v1/person-exports/${asked.id}`)).status).toBe(404);
    expect((await here.caller.get(`/v1/person-exports/${asked.id}`)).status).toBe(403);
    const { body: link } = await here.caller.post<{ path: string }>(`/v1/me/data-exports/${asked.id}/link`);
    const files = untar((await booted.app.inject({ method: 'GET', url: link.path })).rawPayload);
    expect(JSON.parse(files.get('manifest.json')!.toString())).toMatchObject({ kind: 'person', personId: here.id });
    const counts = Object.fromEntries(
      [...files.keys()].filter((path) => path.startsWith('rows/')).map((path) => [path.slice(5, -6), linesIn(files, path).length]));
    expect(counts).toMatchObject({ 'memory.conversation': 1, 'memory.message': 2, 'memory.fact': expect.any(Number), 'agent.run': 1,
      'agent.feedback': 1, 'tenancy.membership': 1 });
    const all = [...files.values()].join('\n');
    expect(all).toContain('zither');
    for (const word of ['barometer', owner.email, 'sealed_scope":"ey', 'argon2']) expect(all).not.toContain(word);
    await expect(booted.get(TenantLife).imports.take((async function* () { yield (await booted.app.inject({ method: 'GET',
      url: link.path })).rawPayload; })(), { clone: true })).rejects.toThrow('not the archive of a whole tenant');
  }, 60_000);

  it('goes with a member whom an admin erases: what stays names nobody, and the audit chain is whole', async () => {
    const { here, elsewhere } = await joined();
    expect((await here.caller.delete(`/v1/members/${owner.userId}/data`)).status).toBe(403);
    expect((await other.caller.delete(`/v1/members/${here.id}/data`)).status).toBe(404);
    expect((await owner.caller.delete(`/v1/members/${here.id}/data`)).status).toBe(202);
    await eventually(async () => expect((await here.caller.get('/v1/me')).status).toBe(401));
    await settle(booted);
    expect((await holding(here.id)).filter((table) => !PSEUDONYM.includes(table))).toEqual([]);
    expect(await holding(here.email)).toEqual([]);
    expect((await owner.caller.get('/v1/audit/verification')).body).toMatchObject({ whole: true, firstBad: null });
    expect(await holding('barometer')).toContain('memory.fact');
    expect([await identity(here.email), (await elsewhere.caller.get('/v1/me')).status]).toEqual([1, 200]);
  }, 60_000);

  it('goes at their own wish, everywhere: every membership, and the account', async () => {
    const { here, elsewhere } = await joined();
    expect((await here.caller.post('/v1/me/erasure', { email: 'wrong@person.example', everywhere: true })).status).toBe(400);
    expect((await here.caller.post('/v1/me/erasure', { email: here.email, everywhere: true })).body)
      .toMatchObject({ type: expect.stringContaining('tenancy.last-owner') });
    expect((await here.caller.get('/v1/me')).status).toBe(200);
    await withClient(booted.admin, (client) => client.query(`insert into tenancy.membership (tenant_id, id, identity_id, email, name, ` +
      `role) select $1, $2, identity_id, email, 'Heir', 'owner' from tenancy.membership where id = $3`,
      [elsewhere.tenantId, newId(), owner.userId]));
    expect((await here.caller.post('/v1/me/erasure', { email: here.email.toUpperCase(), everywhere: true })).status).toBe(202);
    await settle(booted);
    expect((await holding(here.id)).filter((table) => !PSEUDONYM.includes(table))).toEqual([]);
    expect((await holding(elsewhere.userId, elsewhere.tenantId)).filter((table) => !PSEUDONYM.includes(table))).toEqual([]);
    expect([await identity(here.email), (await holding(here.email)).length, (await holding(here.email, elsewhere.tenantId)).length])
      .toEqual([0, 0, 0]);
    expect((await booted.with().post('/v1/auth/login', { email: here.email, password: PASSWORD })).status).toBe(401);
  }, 60_000);

  it('goes again after a restore of the database, and so does an erased tenant', async () => {
    const { here } = await joined();
    const rows = await withClient(booted.admin,
      async (client) => (await client.query('select * from tenancy.membership where id = $1', [here.id])).rows[0] as Record<string,
        unknown>);
    await owner.caller.delete(`/v1/members/${here.id}/data`);
    await settle(booted);
    const restore = (): Promise<unknown> => withClient(booted.admin, async (client) => {
      await client.query(`insert into tenancy.membership (tenant_id, id, identity_id, email, name, role) values ($1, $2, $3, $4, $5, $6)`,
        [owner.tenantId, here.id, rows.identity_id, here.email, 'Bo Member', 'member']);
      await client.query(`insert into memory.fact (tenant_id, id, owner_id, text, normalised, source) values ($1, $2, $3, 'Bo plays ` +
        `again.', 'bo plays again', 'told')`, [owner.tenantId, newId(), here.id]);
      await client.query(`insert into tenancy.tenant (tenant_id, name, locale, time_zone) values ($1, 'Gone', 'en', 'UTC')`, [GONE]);
    });
    await booted.get(Blobs).put(keyOf('ffffffff-ffff-ffff-ffff-ffffffffffff', 'tenancy', 'erased', GONE, 'whole'), Buffer.from('{}'));
    await restore();
    expect(await booted.get(TenantLife).reapply.run()).toMatchObject({ persons: 1, tenants: 1 });
    await settle(booted);
    expect((await holding(here.id)).filter((table) => !PSEUDONYM.includes(table))).toEqual([]);
    await eventually(async () => {
      await booted.get(TenantLife).steps.work();
      expect(await booted.get(TenantLife).erasures.of(GONE)).toMatchObject({ state: 'done' });
    }, { timeoutMs: 20_000, everyMs: 200 });
  }, 60_000);
});

const GONE = newId();
