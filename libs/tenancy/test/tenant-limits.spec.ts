import { newId } from '#platform/core';
import { engines } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { House } from './house.js';

describe.each(engines)('limits of a tenant on %s', (engine) => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(engine,
      { ATOLL_TENANT_LIMITS: 'keys=3,teams=2,roles=1,accounts=1,widgets=0,domains=1,webhooks=0,members=2,groups=1',
        ATOLL_SESSIONS_OF_ONE: '2' });
  });
  afterAll(() => house?.close());

  const many = (kind: string) => expect.objectContaining({ status: 409,
    body: expect.objectContaining({ type: `urn:atoll:problem:tenancy.many-${kind}`,
      detail: expect.stringContaining('ATOLL_TENANT_LIMITS') }) });

  it.each<[string, string, number, () => object]>([
    ['keys', '/v1/api-keys', 3, () => ({ name: 'k', scopes: ['*.read'] })],
    ['teams', '/v1/teams', 2, () => ({ name: newId() })],
    ['roles', '/v1/roles', 1, () => ({ name: newId(), permissions: ['search.*'] })],
    ['accounts', '/v1/service-accounts', 1, () => ({ name: newId(), role: 'viewer' })],
    ['widgets', '/v1/widgets', 0, () => ({ name: 'w', origins: ['https://shop.example'], agentId: newId() })],
    ['domains', '/v1/domains', 1, () => ({ domain: `${newId().slice(-12)}.example` })],
  ])('%s: as many as the setting says, however many are made at once, and others have theirs', async (kind, url, most, body) => {
    for (const { accessToken: token } of [await house.register(), await house.register()]) {
      const answers = await Promise.all(Array.from({ length: most + 3 }, () => house.ask('POST', url, { token, body: body() })));
      expect(answers.filter(({ status }) => status < 300)).toHaveLength(most);
      expect(answers.filter(({ status }) => status >= 300)).toEqual(Array.from({ length: 3 }, () => many(kind)));
    }
  });

  it('a key that was revoked makes room for another', async () => {
    const { accessToken: token } = await house.register();
    const make = () => house.ask('POST', '/v1/me/keys', { token, body: { name: 'k', scopes: ['*.read'] } });
    const [{ body: { id } }] = [await make(), await make(), await make()];
    expect(await make()).toEqual(many('keys'));
    expect((await house.ask('DELETE', `/v1/me/keys/${id}`, { token })).status).toBe(204);
    expect((await make()).status).toBe(201);
  });

  it('a directory brings no more members and groups than fit', async () => {
    const owner = await house.register();
    const domain = `${newId().slice(-12)}.example`;
    await house.inTenant(owner.tenant.id, () => house.get(Tenancy).captureDomain({ domain }));
    const { key } = (await house.ask('POST', '/v1/api-keys',
      { token: owner.accessToken, body: { name: 'directory', scopes: ['tenancy.scim.write'] } })).body;
    const post = async (url: string, body: object) => (await house.ask('POST', `/scim/v2${url}`, { token: key, body })).status;
    expect([await post('/Users', { userName: `a@${domain}` }), await post('/Users', { userName: `b@${domain}` })]).toEqual([201, 409]);
    expect([await post('/Groups', { displayName: 'A' }), await post('/Groups', { displayName: 'B' })]).toEqual([201, 409]);
  });

  it('of one member\'s sessions the one that was used least lately ends', async () => {
    const ada = await house.register();
    const login = async () => (await house.ask('POST', '/v1/auth/login', { body: { email: ada.email, password: ada.password } })).body;
    const [second, third] = [await login(), await login()];
    const alive = async (token: string) => house.get(Tenancy).authenticate({ scheme: 'bearer', token }).then(() => true, () => false);
    expect([await alive(ada.accessToken), await alive(second.accessToken), await alive(third.accessToken)]).toEqual([false, true, true]);
  });
});

it('a limit of something that is none is refused at start', async () => {
  await expect(House.open('embedded', { ATOLL_TENANT_LIMITS: 'keys=3,boats=7' })).rejects.toThrow(/ATOLL_TENANT_LIMITS/);
});
