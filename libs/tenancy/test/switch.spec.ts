import { newId } from '#platform/core';
import { engines } from '#platform/testing';
import { House } from './house.js';

describe.each(engines)('one person in many tenants on %s', (engine) => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(engine);
  });
  afterAll(() => house?.close());

  const choices = async (token: string) => house.ask('GET', '/v1/me/tenants', { token });
  const enter = (token: string, tenantId: unknown) => house.ask('POST', '/v1/auth/switch', { token, body: { tenantId } });

  it('goes over with a session of its own, and is somebody else there', async () => {
    const first = await house.register({ tenantName: 'First' });
    const second = await house.register({ tenantName: 'Second', email: first.email, password: first.password });
    expect((await choices(first.accessToken)).body.items)
      .toEqual([{ id: first.tenant.id, name: 'First', current: true }, { id: second.tenant.id, name: 'Second', current: false }]);
    const { status, body } = await enter(first.accessToken, second.tenant.id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ tenant: second.tenant, userId: second.userId });
    expect((await house.ask('GET', '/v1/me', { token: body.accessToken })).body.tenant.name).toBe('Second');
    expect((await house.ask('GET', '/v1/me', { token: first.accessToken })).body.tenant.name).toBe('First');
    expect((await house.ask('POST', '/v1/auth/refresh', { body: { refreshToken: body.refreshToken } })).status).toBe(200);
    expect((await house.ask('GET', '/v1/me/sessions', { token: first.accessToken })).body.items).toHaveLength(1);
  });

  it('a tenant one is not in, one that is suspended and one that does not exist are refused alike', async () => {
    const [ada, eve] = [await house.register(), await house.register()];
    const asleep = await house.register({ email: ada.email, password: ada.password });
    await house.inTenant(asleep.tenant.id, () => house.db.query(`update tenancy.tenant set status = 'suspended'`));
    const refusals = await Promise.all([eve.tenant.id, asleep.tenant.id, newId()].map((id) => enter(ada.accessToken, id)));
    expect(new Set(refusals.map(({ status, body }) => JSON.stringify([status, { ...body, requestId: '' }]))).size).toBe(1);
    expect(refusals[0]!.status).toBe(403);
    expect(JSON.stringify((await choices(ada.accessToken)).body)).not.toContain(asleep.tenant.id);
    for (const odd of [{ $ne: '' }, [eve.tenant.id], null, 'x']) expect((await enter(ada.accessToken, odd)).status).toBe(400);
  });

  it('nothing that one tenant sees names the other: tokens, members, sessions, keys', async () => {
    const first = await house.register();
    const second = await house.register({ email: first.email, password: first.password });
    const over = (await enter(first.accessToken, second.tenant.id)).body;
    const claims = JSON.parse(Buffer.from(over.accessToken.split('.')[1]!, 'base64url').toString()) as object;
    const key = (await house.ask('POST', '/v1/api-keys', { token: second.accessToken, body: { name: 'k', scopes: ['*'] } })).body;
    expect((await choices(key.key)).status).toBe(403);
    expect((await enter(key.key, first.tenant.id)).status).toBe(403);
    const seen = [claims, ...(await Promise.all(['/v1/me', '/v1/members', '/v1/me/sessions',
      '/v1/api-keys'].map((url) => house.ask('GET', url, { token: over.accessToken })))).map(({ body }) => body as object)];
    expect(JSON.stringify(seen)).toContain(second.tenant.id);
    const [{ identityId } = { identityId: '' }] = await house.inTenant(first.tenant.id,
      () => house.db.query<{ identityId: string }>('select identity_id as "identityId" from tenancy.membership'));
    for (const secret of [first.tenant.id, first.userId, identityId]) expect(JSON.stringify(seen)).not.toContain(secret);
  });

  it('leaving everywhere ends the sessions of both', async () => {
    const first = await house.register();
    const second = await house.register({ email: first.email, password: first.password });
    const over = (await enter(first.accessToken, second.tenant.id)).body;
    await house.ask('POST', '/v1/auth/logout', { token: over.accessToken, body: { all: true } });
    for (const { accessToken: token } of [first, second, over]) expect((await house.ask('GET', '/v1/me', { token })).status).toBe(401);
  });
});
