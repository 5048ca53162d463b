import { covers, newId } from '#platform/core';
import { engines, eventually } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { House, type SignedInBody } from './house.js';
import { OPERATOR_PASSWORD as PASSWORD, newOperator, signInOperator } from './operators.js';

const REASON = 'ticket 4711: files are not indexed';

describe.each(engines)('operators of the deployment on %s', (engine) => {
  let house: House;
  let ada: SignedInBody;
  let operator: string;
  let email: string;
  let codes: string[];
  beforeAll(async () => {
    house = await House.open(engine);
    ada = await house.register();
    ({ email, token: operator, recoveryCodes: codes } = await newOperator(house));
  });
  afterAll(() => house?.close());

  const ask = (token: string, method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object) =>
    house.ask(method, url, { token, ...(body && { body }) });
  const signIn = (address: string, password = PASSWORD) => signInOperator(house, address, { password });
  const admit = async (tenantId: string, body: object = {}) => {
    const answer = await ask(operator, 'POST', `/v1/operator/tenants/${tenantId}/admissions`,
      { reason: REASON, minutes: 30, code: codes[0], ...body });
    if (answer.status === 201) codes.shift();
    return answer;
  };
  const entries = async (token: string) => (await ask(token, 'GET', '/v1/audit?action=tenancy.')).body.items as { action: string;
    actor: { kind: string; id: string }; detail: object }[];

  it('sign in by themselves, and are nobody at the tenants’ door', async () => {
    expect(operator).toMatch(/^ato_/);
    const [wrong, unknown] = [await signIn(email, 'wrong horse battery'), await signIn(`${newId()}@example.org`)];
    expect([wrong.status, { ...wrong.body, requestId: '' }]).toEqual([401, { ...unknown.body, requestId: '' }]);
    expect((await house.ask('POST', '/v1/auth/login', { body: { email, password: PASSWORD } })).status).toBe(401);
    await expect(house.get(Tenancy).addOperator({ email, name: 'Again', password: PASSWORD })).rejects.toMatchObject({ code: 'conflict' });
    for (const body of [{ email: { $ne: '' }, password: PASSWORD }, { email, password: [PASSWORD] }, { email }])
      expect((await house.ask('POST', '/v1/operator/sign-in', { body })).status).toBe(400);
  });

  it('list, shut, open and price tenants, each in that tenant’s own log', async () => {
    const { tenant, accessToken } = await house.register();
    const found: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await ask(operator, 'GET', `/v1/operator/tenants?limit=2${cursor && `&cursor=${cursor}`}`);
      found.push(...body.items.map(({ id }: { id: string }) => id));
      if (body.nextCursor === null) break;
      cursor = body.nextCursor;
    }
    expect(found).toEqual(expect.arrayContaining([ada.tenant.id, tenant.id]));
    const url = `/v1/operator/tenants/${tenant.id}`;
    expect((await ask(operator, 'POST', `${url}/suspend`, { reason: 'unpaid' })).body)
      .toMatchObject({ id: tenant.id, status: 'suspended' });
    expect((await ask(accessToken, 'GET', '/v1/me')).status).toBe(401);
    expect((await ask(operator, 'POST', `${url}/resume`, {})).body).toMatchObject({ status: 'active' });
    expect((await ask(operator, 'PUT', `${url}/plan`, { plan: 'pro' })).body).toMatchObject({ plan: 'pro' });
    await eventually(async () => expect((await entries(accessToken)).map(({ action, actor }) => `${action} ${actor.kind}`))
      .toEqual(expect.arrayContaining(['tenancy.tenant.suspended operator', 'tenancy.tenant.resumed operator',
        'tenancy.plan.chosen operator'])));
    expect((await ask(operator, 'GET', `/v1/operator/tenants/${newId()}`)).status).toBe(404);
    expect((await ask(operator, 'POST', `/v1/operator/tenants/${newId()}/suspend`, { reason: 'unpaid' })).status).toBe(404);
  });

  it('without a reason they read of a tenant what they read of an unknown one: nothing', async () => {
    for (const url of ['/v1/me', '/v1/tenant', '/v1/members', '/v1/audit', `/v1/service-accounts/${newId()}`, '/v1/teams', '/v1/widgets',
      '/v1/me/sessions']) {
      expect([url, (await ask(operator, 'GET', url)).status]).toEqual([url, 403]);
    }
    for (const body of [{ reason: undefined }, { reason: '' }, { reason: 'because' }, { reason: [REASON] }, { minutes: 0 },
      { minutes: 241 }, { minutes: '30' }, { minutes: null }, { tenantId: newId() }, { permissions: ['*'] }]) {
      expect([body, (await admit(ada.tenant.id, body)).status]).toEqual([body, 400]);
    }
    expect((await admit(newId())).status).toBe(404);
  });

  it('with a reason they read that tenant for its time, change nothing, and the owner sees who, why and how long', async () => {
    const [{ tenant, accessToken }, other] = [await house.register(), await house.register()];
    const { status, body } = await admit(tenant.id);
    expect(status).toBe(201);
    expect(Date.parse(body.expiresAt) - Date.now()).toBeLessThanOrEqual(30 * 60_000);
    expect((await ask(body.token, 'GET', '/v1/tenant')).body.id).toBe(tenant.id);
    expect((await ask(body.token, 'GET', '/v1/members')).status).toBe(200);
    expect((await ask(body.token, 'GET', `/v1/operator/tenants/${other.tenant.id}`)).status).toBe(403);
    for (const [method, url, payload] of [['POST', '/v1/api-keys', { name: 'x', scopes: ['*.read'] }], ['POST', '/v1/teams', { name: 'x' }],
      ['POST', '/v1/me/keys', { name: 'x', scopes: ['*.read'] }], ['GET', '/v1/me', undefined],
      ['POST', `/v1/operator/tenants/${tenant.id}/admissions`, { reason: REASON, minutes: 240 }]] as const) {
      expect([url, (await ask(body.token, method, url, payload)).status]).toEqual([url, 403]);
    }
    await eventually(async () => expect(await entries(accessToken))
      .toEqual(expect.arrayContaining([expect.objectContaining({ action: 'tenancy.operator.admitted',
        actor: { kind: 'operator', id: expect.any(String) }, detail: { operator: 'Olga', reason: REASON, minutes: 30 } })])));
    const [admission] = (await ask(accessToken, 'GET', '/v1/operator-admissions')).body.items;
    expect(admission).toMatchObject({ operator: 'Olga', reason: REASON, endedAt: null });
    expect((await ask(other.accessToken, 'DELETE', `/v1/operator-admissions/${admission.id}`)).status).toBe(404);
    expect((await ask(accessToken, 'DELETE', `/v1/operator-admissions/${admission.id}`)).status).toBe(204);
    expect((await ask(body.token, 'GET', '/v1/members')).status).toBe(401);
    expect((await ask(accessToken, 'DELETE', `/v1/operator-admissions/${admission.id}`)).status).toBe(404);
  });

  it('lose it with their time, their session and their office', async () => {
    const alive = (token: string) => house.get(Tenancy).authenticate({ scheme: 'bearer', token }).then(() => true, () => false);
    const { token } = (await admit(ada.tenant.id)).body;
    expect(await alive(token)).toBe(true);
    await house.inTenant(ada.tenant.id,
      () => house.db.query(`update tenancy.operator_access set expires_at = now() - interval '1 second'`));
    expect(await alive(token)).toBe(false);
    const leaver = await newOperator(house);
    const reading = (await ask(leaver.token, 'POST', `/v1/operator/tenants/${ada.tenant.id}/admissions`,
      { reason: REASON, minutes: 5, code: leaver.recoveryCodes[0] })).body.token;
    expect([await alive(leaver.token), await alive(reading)]).toEqual([true, true]);
    expect(await house.get(Tenancy).removeOperator({ email: leaver.email })).toBe(true);
    expect([await alive(leaver.token), await alive(reading), (await signIn(leaver.email)).status]).toEqual([false, false, 401]);
    const another = await newOperator(house);
    expect((await ask(another.token, 'POST', '/v1/operator/sign-out', {})).status).toBe(204);
    expect(await alive(another.token)).toBe(false);
  });

  it('nobody inside a tenant is one, or makes one', async () => {
    for (const pattern of ['*', '*.read', '*.write', 'tenancy.*', 'operator'])
      for (const needed of ['operator.tenants.read', 'operator.*', 'operator.tenants.write']) expect(covers(pattern, needed)).toBe(false);
    for (const url of ['/v1/operator/tenants', `/v1/operator/tenants/${ada.tenant.id}`])
      expect((await ask(ada.accessToken, 'GET', url)).status).toBe(403);
    expect((await ask(ada.accessToken, 'POST', '/v1/api-keys', { name: 'x', scopes: ['operator.*'] })).status).toBe(403);
    expect((await ask(ada.accessToken, 'POST', '/v1/roles', { name: 'x', permissions: ['operator.tenants.read'] })).status).toBe(400);
    expect((await ask(ada.accessToken, 'POST', '/v1/roles', { name: 'x', permissions: ['operator.*'] })).status).toBe(400);
  });
});
