import { AuthenticatorApp, engines } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { House, type SignedInBody } from './house.js';
import { OPERATOR_PASSWORD, addOperator, newOperator, signInOperator } from './operators.js';

const password = OPERATOR_PASSWORD;
const FACTOR = '/v1/operator/second-factor';

describe.each(engines)('the second factor of operators on %s', (engine) => {
  let house: House;
  let ada: SignedInBody;
  beforeAll(async () => {
    house = await House.open(engine);
    ada = await house.register();
  });
  afterAll(() => house?.close());

  const post = (url: string, token: string, body: object, from?: string) => house.ask('POST', url, { token, body, from });
  const signIn = (email: string, more?: object, from?: string) => signInOperator(house, email, more, from);
  const tenants = async (token: string) => (await house.ask('GET', '/v1/operator/tenants', { token })).status;
  const admit = (token: string, code: unknown) =>
    post(`/v1/operator/tenants/${ada.tenant.id}/admissions`, token, { reason: 'ticket 4711: nothing is found', minutes: 5, code });
  const alive = (token: string) => house.get(Tenancy).authenticate({ scheme: 'bearer', token }).then(() => true, () => false);

  it('without one an operator may do nothing but set it up', async () => {
    const { email } = await addOperator(house);
    const { body: { token, secondFactor } } = await signIn(email);
    expect(secondFactor).toBe('missing');
    const { id } = ada.tenant;
    for (const [method, url, body] of [['GET', '/v1/operator/tenants'], ['GET', `/v1/operator/tenants/${id}`],
      ['POST', `/v1/operator/tenants/${id}/suspend`, { reason: 'unpaid' }], ['POST', `/v1/operator/tenants/${id}/resume`, {}],
      ['PUT', `/v1/operator/tenants/${id}/plan`, { plan: 'pro' }]] as const) {
      expect([url, (await house.ask(method, url, { token, body })).status]).toEqual([url, 403]);
    }
    expect((await admit(token, '123456')).status).toBe(403);
    expect((await post(FACTOR, token, { password: 'wrong horse battery' })).status).toBe(403);
    const begun = await post(FACTOR, token, { password });
    expect(begun).toMatchObject({ status: 201,
      body: { secret: expect.stringMatching(/^[A-Z2-7]{32}$/), uri: expect.stringContaining(encodeURIComponent(email)) } });
    expect([await tenants(token), (await signIn(email)).body.secondFactor]).toEqual([403, 'missing']);
    const app = new AuthenticatorApp(begun.body.secret);
    expect((await post(`${FACTOR}/confirm`, token, { code: app.wrong() })).status).toBe(403);
    const confirmed = await post(`${FACTOR}/confirm`, token, { code: app.next() });
    expect([confirmed.status, new Set(confirmed.body.recoveryCodes).size]).toEqual([200, 10]);
    expect(await tenants(token)).toBe(200);
    expect((await post(`${FACTOR}/confirm`, token, { code: app.next() })).status).toBe(409);
  });

  it('is asked for at each sign-in: no code, a wrong, an old or a used one opens nothing', async () => {
    const { email, app } = await newOperator(house);
    expect(await signIn(email)).toMatchObject({ status: 401, body: { type: 'urn:atoll:problem:tenancy.second-factor-needed' } });
    expect((await signIn(email, { password: 'wrong horse battery', code: app.next() })).body.type)
      .toBe('urn:atoll:problem:tenancy.sign-in-failed');
    for (const code of [app.wrong(), app.old()])
      expect(await signIn(email, { code })).toMatchObject({ status: 401, body: { type: 'urn:atoll:problem:tenancy.second-factor-wrong' } });
    const code = app.next();
    const answers = await Promise.all([1, 2, 3].map(() => signIn(email, { code })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    const { token, secondFactor } = answers.find(({ status }) => status === 200)!.body;
    expect([secondFactor, await tenants(token)]).toEqual(['given', 200]);
    for (const odd of [{ $ne: '' }, [code], 123456, null, 'x'.repeat(21)]) expect((await signIn(email, { code: odd })).status).toBe(400);
  });

  it('a person’s code is not an operator’s, nor one operator’s another’s', async () => {
    const [{ email }, other] = [await newOperator(house), await newOperator(house)];
    const person = await house.register();
    const { secret } = (await post('/v1/me/second-factor', person.accessToken, { password: person.password })).body;
    const app = new AuthenticatorApp(secret);
    const { recoveryCodes } = (await post('/v1/me/second-factor/confirm', person.accessToken, { code: app.next() })).body;
    for (const code of [app.next(), recoveryCodes[0], other.app.next(), other.recoveryCodes[0]])
      expect((await signIn(email, { code })).status).toBe(401);
    for (const url of [FACTOR, `${FACTOR}/remove`])
      expect((await post(url, person.accessToken, { password: person.password, code: app.next() })).status).toBe(403);
  });

  it('is asked for again before a tenant is read: a stolen session reads nothing', async () => {
    const { token, app, recoveryCodes } = await newOperator(house);
    for (const body of [undefined, null, 123456, '']) expect((await admit(token, body)).status).toBe(400);
    const used = app.next();
    expect((await admit(token, used)).status).toBe(201);
    for (const code of [used, app.wrong(), app.old()])
      expect(await admit(token, code)).toMatchObject({ status: 403, body: { type: 'urn:atoll:problem:tenancy.second-factor-wrong' } });
    expect((await admit(token, recoveryCodes[0])).status).toBe(201);
    expect((await admit(token, recoveryCodes[0])).status).toBe(403);
    expect((await post(FACTOR, token, { password })).status).toBe(409);
    for (const proof of [{ code: recoveryCodes[1] }, { password }]) expect((await post(`${FACTOR}/remove`, token, proof)).status).toBe(400);
    expect((await post(`${FACTOR}/remove`, token, { password: 'wrong horse battery', code: recoveryCodes[1] })).status).toBe(403);
    expect((await post(`${FACTOR}/recovery-codes`, token, { password: 'wrong horse battery', code: recoveryCodes[1] })).status).toBe(403);
    const readings = (await house.ask('GET', '/v1/operator-admissions', { token: ada.accessToken })).body.items.length;
    expect(readings).toBe(2);
  });

  it('a session from before the factor was set up does not get what it opens', async () => {
    const { email } = await addOperator(house);
    const [stolen, { token }] = [(await signIn(email)).body.token, (await signIn(email)).body];
    const app = new AuthenticatorApp((await post(FACTOR, token, { password })).body.secret);
    await post(`${FACTOR}/confirm`, token, { code: app.next() });
    expect([await tenants(token), await tenants(stolen)]).toEqual([200, 403]);
    expect((await post(`${FACTOR}/confirm`, stolen, { code: app.next() })).status).toBe(409);
    expect(await tenants(stolen)).toBe(403);
  });

  it('recovery codes work once, and new ones end the old; taken away, sessions and admissions open nothing', async () => {
    const { email, token, recoveryCodes, app } = await newOperator(house);
    const [first, second, third, fourth] = recoveryCodes as [string, string, string, string];
    expect((await signIn(email, { code: first.toLowerCase().replace('-', ' ') })).status).toBe(200);
    expect((await signIn(email, { code: first })).status).toBe(401);
    const renewed = await post(`${FACTOR}/recovery-codes`, token, { password, code: second });
    expect(renewed.status).toBe(200);
    expect((await signIn(email, { code: third })).status).toBe(401);
    const reading = (await admit(token, app.next())).body.token;
    expect([await alive(reading), await tenants(token)]).toEqual([true, 200]);
    expect((await post(`${FACTOR}/remove`, token, { password, code: fourth })).status).toBe(403);
    expect((await post(`${FACTOR}/remove`, token, { password, code: renewed.body.recoveryCodes[0] })).status).toBe(204);
    expect([await alive(reading), await tenants(token)]).toEqual([false, 403]);
    const { body: { token: fresh } } = await signIn(email);
    const another = new AuthenticatorApp((await post(FACTOR, fresh, { password })).body.secret);
    expect((await post(`${FACTOR}/confirm`, fresh, { code: another.next() })).status).toBe(200);
    expect([await tenants(fresh), await tenants(token)]).toEqual([200, 403]);
  });

  it('codes are guessed no further than passwords, at sign-in, at set-up and at admissions', async () => {
    const [guessed, reader] = [await newOperator(house), await newOperator(house)];
    const at = (from: string, code: string) => signIn(guessed.email, { code }, from);
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      await signIn(guessed.email, {}, '203.0.113.60');
      statuses.push((await at('203.0.113.60', guessed.app.wrong())).status);
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await at('203.0.113.60', guessed.app.next())).status).toBe(429);
    const admissions: number[] = [];
    for (let n = 0; n < 11; n += 1) admissions.push((await admit(reader.token, reader.app.wrong())).status);
    expect(admissions).toEqual([...Array(10).fill(403), 429]);
    const { email } = await addOperator(house);
    const { token } = (await signIn(email)).body;
    const app = new AuthenticatorApp((await post(FACTOR, token, { password })).body.secret);
    const confirmations: number[] = [];
    for (let n = 0; n < 11; n += 1) confirmations.push((await post(`${FACTOR}/confirm`, token, { code: app.wrong() },
      '203.0.113.61')).status);
    expect(confirmations).toEqual([...Array(10).fill(403), 429]);
  });

  it('keeps secrets sealed and recovery codes hashed, and both go with the operator', async () => {
    const { id, email, recoveryCodes } = await newOperator(house);
    const rows = () => house.db.system('a look', async () => [
      ...(await house.db.query('select secret from tenancy.operator_totp where operator_id = $1', [id])),
      ...(await house.db.query('select code_hash from tenancy.operator_recovery_code where operator_id = $1', [id])),
    ]);
    const stored = await rows();
    expect(stored).toHaveLength(11);
    for (const code of recoveryCodes) expect(JSON.stringify(stored)).not.toContain(code);
    expect(await house.get(Tenancy).removeOperator({ email })).toBe(true);
    expect(await rows()).toEqual([]);
  });
});
