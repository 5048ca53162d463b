import { AuthenticatorApp, engines } from '#platform/testing';
import { House, type SignedInBody } from './house.js';

type Person = SignedInBody & { email: string; password: string };

describe.each(engines)('the second factor on %s', (engine) => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(engine);
  });
  afterAll(() => house?.close());

  const post = (url: string, token: string, body: object = {}) => house.ask('POST', url, { token, body });
  const login = ({ email, password }: Person, more: object = {}, from?: string) =>
    house.ask('POST', '/v1/auth/login', { body: { email, password, ...more }, from });

  async function withFactor(): Promise<Person & { app: AuthenticatorApp; recoveryCodes: string[] }> {
    const ada = await house.register();
    const begun = await post('/v1/me/second-factor', ada.accessToken, { password: ada.password });
    expect(begun).toMatchObject({ status: 201,
      body: { secret: expect.stringMatching(/^[A-Z2-7]{32}$/), uri: expect.stringContaining('otpauth://totp/Atoll:') } });
    const app = new AuthenticatorApp(begun.body.secret);
    expect((await login(ada)).status).toBe(200);
    expect((await post('/v1/me/second-factor/confirm', ada.accessToken, { code: app.wrong() })).status).toBe(403);
    const confirmed = await post('/v1/me/second-factor/confirm', ada.accessToken, { code: app.next() });
    expect(confirmed.status).toBe(200);
    expect(new Set(confirmed.body.recoveryCodes).size).toBe(10);
    return { ...ada, app, recoveryCodes: confirmed.body.recoveryCodes };
  }

  it('is asked for at sign-in, and each code works once', async () => {
    const ada = await withFactor();
    expect(await login(ada)).toMatchObject({ status: 401, body: { type: 'urn:atoll:problem:tenancy.second-factor-needed' } });
    expect((await login({ ...ada, password: 'wrong horse battery' })).body.type).toBe('urn:atoll:problem:tenancy.sign-in-failed');
    const code = ada.app.next();
    const statuses = (await Promise.all([1, 2, 3].map(() => login(ada, { code })))).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 401, 401]);
    for (const odd of [{ $ne: '' }, [code], 123456, null, 'x'.repeat(21)]) expect((await login(ada, { code: odd })).status).toBe(400);
  });

  it('a recovery code stands in once; new ones end the old', async () => {
    const ada = await withFactor();
    const [first, second] = ada.recoveryCodes;
    expect((await login(ada, { code: first!.toLowerCase().replace('-', ' ') })).status).toBe(200);
    expect((await login(ada, { code: first })).status).toBe(401);
    const renew = (proof: object) => post('/v1/me/second-factor/recovery-codes', ada.accessToken, proof);
    expect((await renew({ password: 'wrong horse battery', code: second })).status).toBe(403);
    const renewed = await renew({ password: ada.password, code: second });
    expect(renewed.status).toBe(200);
    expect((await login(ada, { code: ada.recoveryCodes[2] })).status).toBe(401);
    expect((await login(ada, { code: renewed.body.recoveryCodes[0] })).status).toBe(200);
  });

  it('codes are guessed no further than passwords', async () => {
    const ada = await withFactor();
    const statuses: number[] = [];
    for (let at = 0; at < 12; at += 1) {
      await login(ada, {}, '203.0.113.50');
      statuses.push((await login(ada, { code: ada.app.wrong() }, '203.0.113.50')).status);
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    const guesses: number[] = [];
    for (let at = 0; at < 11; at += 1) guesses.push((await post('/v1/me/second-factor/remove', ada.accessToken,
      { password: ada.password, code: ada.app.wrong() })).status);
    expect(guesses.slice(-1)).toEqual([429]);
  });

  it('is taken away with password and code, not with a token alone', async () => {
    const ada = await withFactor();
    const remove = (body: object) => post('/v1/me/second-factor/remove', ada.accessToken, body);
    expect((await remove({ code: ada.recoveryCodes[0] })).status).toBe(400);
    expect((await remove({ password: 'wrong horse battery', code: ada.recoveryCodes[0] })).status).toBe(403);
    expect((await post('/v1/me/second-factor', ada.accessToken, { password: ada.password })).status).toBe(409);
    expect((await remove({ password: ada.password, code: ada.recoveryCodes[0] })).status).toBe(204);
    expect((await login(ada)).status).toBe(200);
  });

  it('cannot be gone around: registering again, and going over from a session without it', async () => {
    const ada = await house.register();
    const before = (await login(ada)).body;
    const { secret } = (await post('/v1/me/second-factor', ada.accessToken, { password: ada.password })).body;
    const app = new AuthenticatorApp(secret);
    await post('/v1/me/second-factor/confirm', ada.accessToken, { code: app.next() });
    const again = { tenantName: 'Side door', name: 'Eve', email: ada.email, password: ada.password };
    expect((await house.ask('POST', '/v1/auth/register', { body: again })).status).toBe(401);
    const switched = await post('/v1/auth/switch', before.accessToken, { tenantId: ada.tenant.id });
    expect(switched).toMatchObject({ status: 403, body: { type: 'urn:atoll:problem:tenancy.second-factor-first' } });
    expect((await house.ask('POST', '/v1/auth/register', { body: { ...again, code: app.next() } })).status).toBe(201);
    expect((await post('/v1/auth/switch', ada.accessToken, { tenantId: ada.tenant.id })).status).toBe(200);
  });

  it('a tenant may require it: without one a session can only set one up', async () => {
    const ada = await withFactor();
    const setPolicy = (token: string, secondFactor: unknown) => house.ask('PUT', '/v1/sign-in-policy', { token, body: { secondFactor } });
    const plain = await house.register();
    expect(await setPolicy(plain.accessToken, 'required'))
      .toMatchObject({ status: 409, body: { type: 'urn:atoll:problem:tenancy.policy-locks-out' } });
    expect((await house.ask('GET', '/v1/sign-in-policy', { token: plain.accessToken })).body)
      .toEqual({ signIn: 'any', secondFactor: 'optional' });
    for (const odd of ['never', { $ne: '' }, null]) expect((await setPolicy(ada.accessToken, odd)).status).toBe(400);
    expect((await setPolicy(ada.accessToken, 'required')).status).toBe(200);
    await house.inTenant(ada.tenant.id, () => house.db.query(`update tenancy.session set methods = '{pwd}'`));
    const signedIn = (await login(ada, { code: ada.recoveryCodes[0] })).body as SignedInBody;
    expect((await house.ask('GET', '/v1/members', { token: signedIn.accessToken })).status).toBe(200);
    await house.inTenant(ada.tenant.id, () => house.db.query(`update tenancy.session set methods = '{pwd}'`));
    const [restricted] = [(await house.ask('POST', '/v1/auth/refresh',
      { body: { refreshToken: signedIn.refreshToken } })).body as SignedInBody];
    expect((await house.ask('GET', '/v1/members', { token: restricted.accessToken })).status).toBe(403);
    expect((await house.ask('GET', '/v1/me', { token: restricted.accessToken })).body)
      .toMatchObject({ permissions: [], secondFactor: { active: true, given: false, required: true } });
    expect((await setPolicy(restricted.accessToken, 'optional')).status).toBe(403);
  });

  it('keeps secrets sealed and recovery codes hashed', async () => {
    const ada = await withFactor();
    const rows = await house.db.system('a look', async () => [
      ...(await house.db.query('select secret from tenancy.totp')),
      ...(await house.db.query('select code_hash from tenancy.recovery_code')),
    ]);
    const stored = JSON.stringify(rows);
    for (const code of ada.recoveryCodes) expect(stored).not.toContain(code);
  });
});
