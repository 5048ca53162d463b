import { Tenancy } from '#tenancy';
import { engines, eventually } from '#platform/testing';
import { formatCredential, parseCredential } from '../src/access/credential.js';
import { House, type SignedInBody } from './house.js';

describe.each(engines)('sessions on %s', (engine) => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(engine);
  });
  afterAll(() => house?.close());

  const refresh = (refreshToken: unknown) => house.ask('POST', '/v1/auth/refresh', { body: { refreshToken } });
  const alive = async (token: string) => house.get(Tenancy).authenticate({ scheme: 'bearer', token }).then(() => true, () => false);

  const graceEnds = ({ tenant }: SignedInBody) => house.inTenant(tenant.id,
    () => house.db.query(`update tenancy.session set rotated_at = rotated_at - interval '3 seconds'`));

  it('a refresh gives a new pair for the same session', async () => {
    const ada = await house.register();
    const { status, body } = await refresh(ada.refreshToken);
    expect(status).toBe(200);
    expect(body.refreshToken).not.toBe(ada.refreshToken);
    expect(await alive(body.accessToken)).toBe(true);
    const sid = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sid;
    expect(sid(body.accessToken)).toBe(sid(ada.accessToken));
  });

  it('of 50 parallel refreshes one rotates and all get its one successor', async () => {
    const ada = await house.register();
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(ada.refreshToken)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
    expect(parseCredential('atr', answers[0]!.body.refreshToken)!.number).toBe(2);
  });

  it('a used token that comes back closes the family: both the thief and the owner are out', async () => {
    const ada = await house.register();
    const second = (await refresh(ada.refreshToken)).body;
    const third = (await refresh(second.refreshToken)).body;
    await graceEnds(ada);
    expect((await refresh(ada.refreshToken)).status).toBe(401);
    expect((await refresh(third.refreshToken)).status).toBe(401);
    expect(await alive(third.accessToken)).toBe(false);
    expect((await house.ask('POST', '/v1/auth/login', { body: { email: ada.email, password: ada.password } })).status).toBe(200);
  });

  it('a refresh whose answer was lost gives the same pair again to the same client, also after the grace, and goes on', async () => {
    const ada = await house.register();
    const second = (await refresh(ada.refreshToken)).body;
    await graceEnds(ada);
    const again = await refresh(ada.refreshToken);
    expect(again).toMatchObject({ status: 200, body: { refreshToken: second.refreshToken } });
    const third = await refresh(again.body.refreshToken);
    expect(third.status).toBe(200);
    expect(await alive(third.body.accessToken)).toBe(true);
  });

  it.each([
    ['another client', { headers: { 'user-agent': 'Another' } }],
    ['another network', { from: '203.0.113.77' }],
  ])('a used token that comes from %s is stolen, whether its successor was used or not', async (_what, by) => {
    const ada = await house.register();
    const second = (await refresh(ada.refreshToken)).body;
    expect((await house.ask('POST', '/v1/auth/refresh', { body: { refreshToken: ada.refreshToken }, ...by })).status).toBe(401);
    expect((await refresh(second.refreshToken)).status).toBe(401);
  });

  it('an answer whose access token was used arrived: the token before it is stolen, whoever sends it', async () => {
    const ada = await house.register();
    const second = (await refresh(ada.refreshToken)).body;
    expect((await house.ask('GET', '/v1/me', { token: second.accessToken })).status).toBe(200);
    expect((await refresh(ada.refreshToken)).body.refreshToken).toBe(second.refreshToken);
    await graceEnds(ada);
    expect((await refresh(ada.refreshToken)).status).toBe(401);
    expect(await alive(second.accessToken)).toBe(false);
  });

  it('a token two steps old is no second tab, however soon it comes', async () => {
    const ada = await house.register();
    const second = (await refresh(ada.refreshToken)).body;
    await refresh(second.refreshToken);
    expect((await refresh(ada.refreshToken)).status).toBe(401);
    expect((await refresh(second.refreshToken)).status).toBe(401);
  });

  it('forged, foreign and mangled tokens are refused and close nothing', async () => {
    const [ada, eve] = [await house.register(), await house.register()];
    const mine = parseCredential('atr', eve.refreshToken)!;
    const hers = parseCredential('atr', ada.refreshToken)!;
    const forged = [
      formatCredential('atr', { ...mine, tenantId: hers.tenantId }),
      formatCredential('atr', { ...hers, secret: mine.secret }),
      formatCredential('atr', { ...hers, number: 0 }),
      formatCredential('atr', { ...hers, number: 2 }),
      formatCredential('atr', { ...mine, id: hers.id }),
      ada.refreshToken.replace('atr_', 'atl_'),
      `${ada.refreshToken}x`,
      ada.accessToken,
      '',
      { toString: 1 },
      null,
    ];
    for (const token of forged) expect([400, 401]).toContain((await refresh(token)).status);
    expect((await refresh(ada.refreshToken)).status).toBe(200);
    expect((await refresh(eve.refreshToken)).status).toBe(200);
  });

  it('signing out ends this session, everywhere within five seconds', async () => {
    const ada = await house.register();
    const other = (await house.ask('POST', '/v1/auth/login', { body: { email: ada.email, password: ada.password } })).body;
    const status = async (token: string) => (await house.ask('GET', '/v1/me', { token })).status;
    expect([await status(ada.accessToken), await status(other.accessToken)]).toEqual([200, 200]);
    expect((await house.ask('POST', '/v1/auth/logout', { token: ada.accessToken })).status).toBe(204);
    await eventually(async () => expect(await status(ada.accessToken)).toBe(401), { timeoutMs: 5_500 });
    expect(await status(other.accessToken)).toBe(200);
    expect((await refresh(ada.refreshToken)).status).toBe(401);
    expect((await refresh(other.refreshToken)).status).toBe(200);
  });

  it('signing out of all ends every session of the person in all tenants, and nobody else’s', async () => {
    const ada = await house.register();
    const second = await house.register({ email: ada.email, password: ada.password });
    const eve = await house.register();
    expect((await house.ask('POST', '/v1/auth/logout', { token: ada.accessToken, body: { all: true } })).status).toBe(204);
    expect(await Promise.all([ada, second, eve].map(({ accessToken }) => alive(accessToken)))).toEqual([false, false, true]);
  });

  it('an access token dies with its membership or its tenant', async () => {
    for (const table of ['membership', 'tenant']) {
      const ada = await house.register();
      expect(await alive(ada.accessToken)).toBe(true);
      await house.inTenant(ada.tenant.id, () => house.db.query(`update tenancy.${table} set status = 'suspended'`));
      expect(await alive(ada.accessToken)).toBe(false);
      expect((await refresh(ada.refreshToken)).status).toBe(401);
      await house.inTenant(ada.tenant.id, () => house.db.query(`update tenancy.${table} set status = 'active'`));
      expect((await refresh(ada.refreshToken)).status).toBe(200);
    }
  });

  it('a role that changes counts from the next look on', async () => {
    const ada = await house.register();
    await house.inTenant(ada.tenant.id, () => house.db.query(`update tenancy.membership set role = 'viewer'`));
    const { actor } = await house.get(Tenancy).authenticate({ scheme: 'bearer', token: ada.accessToken });
    expect(actor).toMatchObject({ roles: ['viewer'] });
    expect(actor.permissions).not.toContain('*');
  });

  it('neither session nor key can be seen by system work, and no table of tenancy by another context', async () => {
    for (const table of ['session', 'api_key'])
      await expect(house.db.system('a look', () => house.db.query(`select * from tenancy.${table}`))).rejects.toThrow(/permission denied/);
    for (const table of ['identity', 'sign_in_attempt', 'signing_key']) {
      await expect(house.inTenant((await house.register()).tenant.id, () => house.db.query(`select * from tenancy.${table}`)))
        .rejects.toThrow(/permission denied/);
    }
  });
});
