import { newId } from '#platform/core';
import { engines, eventually } from '#platform/testing';
import { House, type SignedInBody } from './house.js';

describe.each(engines)('service accounts and keys of people on %s', (engine) => {
  let house: House;
  let ada: SignedInBody & { email: string; password: string };
  beforeAll(async () => {
    house = await House.open(engine);
    ada = await house.register();
  });
  afterAll(() => house?.close());

  const ask = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, body?: object, token = ada.accessToken) =>
    house.ask(method, url, { token, ...(body && { body }) });
  const account = async (rights: object = { role: 'viewer' }, token?: string) =>
    ask('POST', '/v1/service-accounts', { name: newId(), ...rights }, token);
  const keyOf = async (id: string, body: object = {}) =>
    (await ask('POST', `/v1/service-accounts/${id}/api-keys`, { name: 'ci', scopes: ['*'], ...body })).body as { id: string; key: string };
  const status = async (key: string, url = '/v1/members') => (await house.ask('GET', url, { token: key })).status;

  it('an account acts under its own name by any of its keys, within its role and the key’s scopes', async () => {
    const { body: made, status: code } = await account();
    expect([code, made]).toMatchObject([201, { role: 'viewer', roleId: null, permissions: null, status: 'active', createdBy: ada.userId }]);
    const [whole, narrow] = [await keyOf(made.id), await keyOf(made.id, { scopes: ['*.read'] })];
    expect((await house.ask('GET', '/v1/me', { token: whole.key })).body).toMatchObject({
      user: null, secondFactor: null, key: { id: whole.id, holder: { kind: 'account', id: made.id }, prefix: whole.key.slice(0, 53) },
      permissions: expect.arrayContaining(['*.read', 'memory.*']),
    });
    expect((await house.ask('GET', '/v1/me', { token: narrow.key })).body.permissions).toEqual(['*.read']);
    expect(await status(whole.key)).toBe(200);
    expect(await status(whole.key, '/v1/api-keys')).toBe(403);
    expect((await ask('GET', `/v1/service-accounts/${made.id}/api-keys`)).body.items.map(({ id }: { id: string }) => id))
      .toEqual([narrow.id, whole.id]);
  });

  it('has no session, makes no keys and signs nobody out', async () => {
    const { body: made } = await account({ permissions: ['*'] });
    const { key } = await keyOf(made.id);
    for (const [method, url, body] of [['POST', '/v1/api-keys', { name: 'x', scopes: ['*'] }],
      ['POST', '/v1/me/keys', { name: 'x', scopes: ['*'] }],
      ['POST', `/v1/service-accounts/${made.id}/api-keys`, { name: 'x', scopes: ['*'] }], ['POST', '/v1/auth/logout', {}],
      ['GET', '/v1/me/sessions', undefined], ['PATCH', '/v1/me', { name: 'x' }]] as const) {
      expect([url, (await ask(method, url, body, key)).status]).toEqual([url, 403]);
    }
  });

  it('is disabled, enabled, changed and deleted, with all its keys, at the next request', async () => {
    const { body: made } = await account();
    const keys = [await keyOf(made.id), await keyOf(made.id)];
    const all = async () => Promise.all(keys.map(({ key }) => status(key)));
    expect(await all()).toEqual([200, 200]);
    await ask('PATCH', `/v1/service-accounts/${made.id}`, { status: 'disabled' });
    expect(await all()).toEqual([401, 401]);
    await ask('PATCH', `/v1/service-accounts/${made.id}`, { status: 'active', permissions: ['search.files.read'] });
    expect(await all()).toEqual([403, 403]);
    await ask('PATCH', `/v1/service-accounts/${made.id}`, { role: 'viewer' });
    expect(await all()).toEqual([200, 200]);
    expect((await ask('DELETE', `/v1/service-accounts/${made.id}`)).status).toBe(204);
    expect(await all()).toEqual([401, 401]);
    expect((await ask('GET', `/v1/service-accounts/${made.id}`)).status).toBe(404);
    expect((await ask('GET', '/v1/api-keys?limit=100')).body.items.map(({ id }: { id: string }) => id)).not.toContain(keys[0]!.id);
    expect((await ask('POST', `/v1/service-accounts/${made.id}/api-keys`, { name: 'x', scopes: ['*'] })).status).toBe(404);
  });

  it('nobody reaches above themselves by one', async () => {
    const { body: limited } = await account({ permissions: ['tenancy.accounts.write', 'tenancy.accounts.read', '*.read'] });
    const { body: strong } = await account({ permissions: ['*'] });
    const { key } = await keyOf(limited.id);
    for (const [method, url, body] of [['POST', '/v1/service-accounts', { name: newId(), role: 'owner' }],
      ['PATCH', `/v1/service-accounts/${limited.id}`, { permissions: ['*'] }],
      ['PATCH', `/v1/service-accounts/${strong.id}`, { status: 'disabled' }],
      ['DELETE', `/v1/service-accounts/${strong.id}`, undefined]] as const) {
      expect([url, (await ask(method, url, body, key)).status]).toEqual([url, 403]);
    }
    for (const rights of [{}, { role: 'owner', permissions: ['*'] }, { role: 'god' }, { permissions: [] },
      { permissions: ['operator.tenants.read'] }, { role: 'viewer', tenantId: newId() }]) expect((await account(rights)).status).toBe(400);
    expect((await account({ roleId: newId() })).status).toBe(404);
  });

  it('follows a role of the tenant’s own, which is not deleted under it', async () => {
    const { body: role } = await ask('POST', '/v1/roles', { name: newId(), permissions: ['tenancy.members.read'] });
    const { body: made } = await account({ roleId: role.id });
    const { key } = await keyOf(made.id);
    expect(await status(key)).toBe(200);
    await ask('PATCH', `/v1/roles/${role.id}`, { permissions: ['search.*'] });
    expect(await status(key)).toBe(403);
    expect((await ask('DELETE', `/v1/roles/${role.id}`)).status).toBe(409);
    await ask('DELETE', `/v1/service-accounts/${made.id}`);
    expect((await ask('DELETE', `/v1/roles/${role.id}`)).status).toBe(204);
  });

  it('a key of a person is that person, as far as both allow, and ends with them', async () => {
    const member = await house.register();
    const { body: made } = await ask('POST', '/v1/me/keys', { name: 'laptop', scopes: ['*.read', 'search.*'] }, member.accessToken);
    const me = async () => (await house.ask('GET', '/v1/me', { token: made.key })).body;
    expect(await me()).toMatchObject({ user: { id: member.userId }, key: { holder: { kind: 'user', id: member.userId } },
      secondFactor: null, permissions: ['*.read', 'search.*'] });
    expect((await house.ask('GET', '/v1/me/sessions', { token: made.key })).status).toBe(403);
    await house.inTenant(member.tenant.id, () => house.db.query(`update tenancy.membership set role = 'viewer'`));
    await eventually(async () => expect((await me()).permissions).toEqual(['*.read']), { timeoutMs: 6_000 });
    expect((await ask('GET', '/v1/me/keys', undefined, member.accessToken)).body.items).toHaveLength(1);
    expect((await ask('DELETE', `/v1/me/keys/${made.id}`)).status).toBe(404);
    expect((await ask('DELETE', `/v1/me/keys/${made.id}`, undefined, member.accessToken)).status).toBe(204);
    expect(await status(made.key)).toBe(401);
  }, 20_000);

  it('a key with a rate of its own is told and held to it', async () => {
    const { body: made } = await ask('POST', '/v1/api-keys', { name: 'slow', scopes: ['*.read'], ratePerMinute: 3 });
    const answers = [];
    for (let at = 0; at < 4; at++) answers.push(await house.ask('GET', '/v1/members', { token: made.key }));
    expect(answers.map(({ status: code }) => code)).toEqual([200, 200, 200, 429]);
    expect(answers[0]!.headers['ratelimit-policy']).toMatch(/^"key";q=3;w=60/);
    expect(answers[0]!.headers.ratelimit).toMatch(/^"key";r=2;t=\d+/);
    expect(answers[3]!.headers)
      .toMatchObject({ 'retry-after': expect.stringMatching(/^\d+$/), ratelimit: expect.stringMatching(/^"key";r=0;t=\d+$/) });
    for (const ratePerMinute of [0, -1, 1.5, '3', 1e9])
      expect((await ask('POST', '/v1/api-keys', { name: 'odd', scopes: ['*.read'], ratePerMinute })).status).toBe(400);
  });

  it('another tenant’s account is unknown', async () => {
    const eve = await house.register();
    const { body: made } = await account();
    for (const [method, url, body] of [['GET', '', undefined], ['PATCH', '', { name: 'x' }], ['DELETE', '', undefined],
      ['POST', '/api-keys', { name: 'x', scopes: ['*'] }], ['GET', '/api-keys', undefined]] as const) {
      const [foreign, unknown] = await Promise.all(
        [made.id as string, newId()].map((id) => ask(method, `/v1/service-accounts/${id}${url}`, body, eve.accessToken)));
      expect([foreign!.status, foreign!.body.detail]).toEqual([404, unknown!.body.detail]);
    }
    expect((await ask('GET', `/v1/service-accounts/${made.id}`)).status).toBe(200);
  });
});
