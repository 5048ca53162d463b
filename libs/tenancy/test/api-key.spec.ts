import { newId } from '#platform/core';
import { engines, eventually } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { formatCredential, parseCredential } from '../src/access/credential.js';
import { House, type SignedInBody } from './house.js';

describe.each(engines)('API keys on %s', (engine) => {
  let house: House;
  let ada: SignedInBody;
  beforeAll(async () => {
    house = await House.open(engine);
    ada = await house.register();
  });
  afterAll(() => house?.close());

  const make = async (body: object = {}, token = ada.accessToken) =>
    house.ask('POST', '/v1/api-keys', { token, body: { name: 'ci', scopes: ['*'], ...body } });
  const alive = async (token: string) => house.get(Tenancy).authenticate({ scheme: 'bearer', token }).then(() => true, () => false);

  it('a key is shown once, works, and tells when it was last used', async () => {
    const { status, body } = await make();
    expect(status).toBe(201);
    expect(body.key).toMatch(/^atl_[0-9A-Za-z]{49}_[0-9A-Za-z]{43}$/);
    const { body: me } = await house.ask('GET', '/v1/me', { token: body.key });
    expect(me).toMatchObject({ user: null, key: { id: body.id, name: 'ci' }, tenant: { id: ada.tenant.id }, permissions: ['*'] });
    const { body: list } = await house.ask('GET', '/v1/api-keys', { token: ada.accessToken });
    expect(list.items[0]).toMatchObject({ id: body.id, scopes: ['*'], createdBy: ada.userId });
    expect(Date.now() - Date.parse(list.items[0].lastUsedAt)).toBeLessThan(60_000);
    expect(JSON.stringify(list)).not.toContain(body.key);
    const [row] = await house.inTenant(ada.tenant.id, () => house.db.query('select * from tenancy.api_key where id = $1', [body.id]));
    expect(JSON.stringify(row)).not.toContain(parseCredential('atl', body.key)!.secret);
  });

  it('scopes are all a key can do', async () => {
    const reader = (await make({ scopes: ['*.read'] })).body.key;
    expect((await house.ask('GET', '/v1/members', { token: reader })).status).toBe(200);
    expect((await house.ask('GET', '/v1/api-keys', { token: reader })).status).toBe(403);
    expect((await make({}, reader)).status).toBe(403);
    expect((await house.ask('PATCH', '/v1/me', { token: reader, body: { name: 'x' } })).status).toBe(403);
  });

  it('a key makes no keys, signs nobody out and renames nobody, whatever its scopes', async () => {
    const { key } = (await make()).body;
    expect(await make({}, key)).toMatchObject({ status: 403, body: { type: 'urn:atoll:problem:tenancy.key-makes-key' } });
    expect((await house.ask('POST', '/v1/auth/logout', { token: key, body: { all: true } })).status).toBe(403);
    expect((await house.ask('PATCH', '/v1/me', { token: key, body: { name: 'x' } })).status).toBe(403);
  });

  it('nobody makes a key that can do more than they can', async () => {
    const admin = await house.register();
    await house.inTenant(admin.tenant.id, () => house.db.query(`update tenancy.membership set role = 'admin'`));
    const token = (await house.ask('POST', '/v1/auth/refresh', { body: { refreshToken: admin.refreshToken } })).body.accessToken;
    expect(await make({ scopes: ['*'] }, token))
      .toMatchObject({ status: 403, body: { type: 'urn:atoll:problem:tenancy.scope-beyond-own' } });
    expect((await make({ scopes: ['tenancy.*'] }, token)).status).toBe(403);
    expect((await make({ scopes: ['search.*', '*.read'] }, token)).status).toBe(201);
  });

  it.each([
    [{ scopes: [] }], [{ scopes: ['nonsense scope'] }], [{ scopes: '*' }], [{ scopes: [{}] }], [{ scopes: ['*'.repeat(1_000)] }],
    [{ name: '' }],
    [{ expiresAt: '2001-01-01T00:00:00Z' }], [{ expiresAt: 'soon' }], [{ tenantId: newId() }], [{ createdBy: newId() }], [{ id: newId() }],
    [{ secretHash: 'x' }],
  ])('refuses %j', async (change) => {
    expect((await make(change)).status).toBe(400);
  });

  it('a key of one tenant opens no other, however it is bent', async () => {
    const eve = await house.register();
    const hers = (await make()).body;
    const mine = (await make({}, eve.accessToken)).body;
    const [a, e] = [parseCredential('atl', hers.key)!, parseCredential('atl', mine.key)!];
    const bent = [
      formatCredential('atl', { ...e, tenantId: a.tenantId }),
      formatCredential('atl', { ...e, tenantId: a.tenantId, id: a.id }),
      formatCredential('atl', { ...a, secret: e.secret }),
      formatCredential('atl', { ...a, tenantId: e.tenantId }),
      formatCredential('atl', { ...e, number: 1 }),
      formatCredential('atl', { ...e, tenantId: '00000000-0000-0000-0000-000000000000' }),
      mine.key.toUpperCase(),
      `${mine.key} `.repeat(2),
    ];
    for (const token of bent) expect(await alive(token)).toBe(false);
    expect(await alive(mine.key)).toBe(true);
    expect((await house.ask('GET', '/v1/me', { token: mine.key, headers: { 'x-tenant-id': a.tenantId } })).body.tenant.id)
      .toBe(eve.tenant.id);
  });

  it('a foreign key id is an unknown one', async () => {
    const eve = await house.register();
    const { id } = (await make()).body;
    for (const method of ['GET', 'DELETE'] as const) {
      const [foreign, unknown,
        garbage] = await Promise.all([id, newId(), 'x'].map((one) => house.ask(method, `/v1/api-keys/${one}`, { token: eve.accessToken })));
      const plain = ({ status, body }: { status: number; body: object }) => ({ status, ...body, instance: '', requestId: '' });
      expect(plain(foreign!)).toEqual(plain(unknown!));
      expect(plain(garbage!)).toEqual(plain(unknown!));
      expect(foreign!.status).toBe(404);
    }
    expect((await house.ask('GET', `/v1/api-keys/${id}`, { token: ada.accessToken })).status).toBe(200);
  });

  it('asked for twice under one Idempotency-Key is one key, shown again to its maker alone', async () => {
    const headers = { 'idempotency-key': newId() };
    const ask = () => house.ask('POST', '/v1/api-keys', { token: ada.accessToken, body: { name: 'once', scopes: ['*'] }, headers });
    const [first, second] = [await ask(), await ask()];
    expect(second.body).toEqual(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
  });

  it('ends when it expires', async () => {
    const { key, id } = (await make({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() })).body;
    expect(await alive(key)).toBe(true);
    await house.inTenant(ada.tenant.id,
      () => house.db.query(`update tenancy.api_key set expires_at = now() - interval '1 second' where id = $1`, [id]));
    expect(await alive(key)).toBe(false);
  });

  it('is revoked for all within five seconds, once', async () => {
    const { key, id } = (await make()).body;
    expect((await house.ask('GET', '/v1/me', { token: key })).status).toBe(200);
    expect((await house.ask('DELETE', `/v1/api-keys/${id}`, { token: ada.accessToken })).status).toBe(204);
    await eventually(async () => expect((await house.ask('GET', '/v1/me', { token: key })).status).toBe(401), { timeoutMs: 5_500 });
    expect((await house.ask('DELETE', `/v1/api-keys/${id}`, { token: ada.accessToken })).status).toBe(404);
    expect((await house.ask('GET', '/v1/api-keys?limit=100', { token: ada.accessToken })).body.items.map((one: { id: string }) => one.id))
      .not.toContain(id);
  });
});
