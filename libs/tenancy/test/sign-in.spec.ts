import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { newId } from '#platform/core';
import { engines } from '#platform/testing';
import { House } from './house.js';

describe.each(engines)('sign-in on %s', (engine) => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(engine);
  });
  afterAll(() => house?.close());

  const login = (email: unknown, password: unknown, more: object = {}, from?: string) =>
    house.ask('POST', '/v1/auth/login', { body: { email, password, ...more }, from });

  it('registering makes a tenant and its owner, and signs the owner in', async () => {
    const ada = await house.register({ tenantName: 'Ada & Co', timeZone: 'Europe/Vienna', locale: 'de-AT' });
    const { status, body } = await house.ask('GET', '/v1/me', { token: ada.accessToken });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      user: { id: ada.userId, name: 'Ada', email: ada.email, role: 'owner' },
      key: null,
      tenant: { id: ada.tenant.id, name: 'Ada & Co', timeZone: 'Europe/Vienna', locale: 'de-AT', plan: 'free' },
      permissions: ['*'],
    });
  });

  it('changes a name and a language, and nothing else of a person', async () => {
    const { accessToken: token } = await house.register();
    expect((await house.ask('PATCH', '/v1/me', { token, body: { name: '  Ada\u202e\nKing ' } })).body).toMatchObject({ name: 'Ada King' });
    for (const [locale, kept] of [['de-at', 'de-AT'], [null, null]])
      expect((await house.ask('PATCH', '/v1/me', { token, body: { locale } })).body).toMatchObject({ name: 'Ada King', locale: kept });
    expect((await house.ask('PATCH', '/v1/me', { token, body: { locale: 'x' } })).status).toBe(400);
    for (const field of ['role', 'email', 'id', 'tenantId', 'identityId', 'status']) {
      expect((await house.ask('PATCH', '/v1/me', { token, body: JSON.parse(`{"name":"Eve","${field}":"owner"}`) })).status).toBe(400);
    }
    for (const field of ['__proto__', 'constructor', 'prototype']) {
      await house.ask('PATCH', '/v1/me', { token, body: JSON.parse(`{"name":"Ada King","${field}":{"role":"viewer","polluted":true}}`) });
    }
    expect((await house.ask('GET', '/v1/me', { token })).body.user).toMatchObject({ name: 'Ada King', role: 'owner' });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each(['tenantId', 'id', 'role', 'plan', 'status', 'ownerId', 'permissions', 'emailVerifiedAt'])('registering does not ' +
    'take %s', async (field) => {
    const body = { tenantName: 'X', name: 'Eve', email: `${newId()}@example.org`, password: 'correct horse battery', [field]: newId() };
    expect((await house.ask('POST', '/v1/auth/register', { body })).status).toBe(400);
  });

  it('the tenant is the credential’s, whatever the request says', async () => {
    const [ada, eve] = [await house.register(), await house.register()];
    const forged = { 'x-tenant-id': ada.tenant.id, 'x-tenant': ada.tenant.id, 'x-user-id': ada.userId, host: `${ada.tenant.id}.example.org`,
      'x-forwarded-host': ada.tenant.id };
    expect((await house.ask('GET', `/v1/me?tenantId=${ada.tenant.id}`, { token: eve.accessToken })).status).toBe(400);
    const { body } = await house.ask('GET', '/v1/me', { token: eve.accessToken, headers: forged });
    expect(body.tenant.id).toBe(eve.tenant.id);
    expect(JSON.stringify(body)).not.toContain(ada.tenant.id);
  });

  it('refuses passwords that are weak, cut short or no text', async () => {
    const register = (password: unknown) =>
      house.ask('POST', '/v1/auth/register', { body: { tenantName: 'X', name: 'Eve', email: `${newId()}@example.org`, password } });
    for (const password of ['short', 'password123', 'aaaaaaaaaaaaaaa', 'x1y2z3'.repeat(500), { $ne: '' }, ['correct horse battery'],
      12345678901, null]) {
      expect((await register(password)).status).toBe(400);
    }
  });

  it('signs in with the e-mail in any spelling, and the password in none but its own', async () => {
    const { email, password } = await house.register();
    expect((await login(` ${email.toUpperCase()} `, password)).status).toBe(200);
    for (const wrong of [`${password} `, password.toUpperCase(), password.slice(0, -1)])
      expect((await login(email, wrong)).status).toBe(401);
  });

  it.each([[{ email: { $gt: '' } }], [{ password: { $gt: '' } }], [{ password: true }], [{ email: null }], [{ password: '' }]])(
    'refuses a sign-in with %j', async (change) => {
    const { email, password } = await house.register();
    expect((await house.ask('POST', '/v1/auth/login', { body: { email, password, ...change } })).status).toBe(400);
  });

  it('does not take a password from the address', async () => {
    const { email, password } = await house.register();
    const { status } = await house.ask('POST', `/v1/auth/login?email=${encodeURIComponent(email)}&password=${encodeURIComponent(password)}`,
      { body: {} });
    expect(status).toBe(400);
  });

  it('an unknown e-mail looks like a wrong password: text, headers and time', async () => {
    const { email } = await house.register();
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
    const seen = new Set<string>();
    for (let round = 0; round < 24; round += 1) {
      for (const kind of ['known', 'unknown'] as const) {
        const started = performance.now();
        const { status, body, headers } = await login(kind === 'known' ? email : `${newId()}@example.org`, 'wrong horse battery', {},
          `198.51.100.${round * 2 + (kind === 'known' ? 0 : 1)}`);
        times[kind].push(performance.now() - started);
        seen.add(JSON.stringify([status, { ...body, requestId: '' }, Object.keys(headers).sort()]));
      }
    }
    expect(seen.size).toBe(1);
    const median = (list: number[]) => list.sort((a, b) => a - b)[list.length / 2]!;
    const ratio = median(times.known) / median(times.unknown);
    // Without a hash to check for an unknown e-mail this is above 10; between 0.5 and 2 is the machine's own noise.
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });

  it('parallel sign-ins of many people, right and wrong, each get their own answer', async () => {
    const people = await Promise.all(Array.from({ length: 8 }, () => house.register()));
    const answers = await Promise.all(people.flatMap(({ email, password }, at) =>
      [login(email, password, {}, `192.0.2.${at}`), login(email, `${password}?`, {}, `192.0.2.${at + 100}`)]));
    answers.forEach(({ status, body }, at) => {
      if (at % 2 === 0) expect(body).toMatchObject({ userId: people[at / 2]!.userId, tenant: { id: people[at / 2]!.tenant.id } });
      else expect(status).toBe(401);
    });
  });

  it('slows guessing down where it comes from, and nowhere else', async () => {
    const { email, password } = await house.register();
    const guess = (who: string, from: string) => login(who, 'wrong horse battery', {}, from);
    const statuses: number[] = [];
    for (let at = 0; at < 12; at += 1) statuses.push((await guess(email, '203.0.113.7')).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    const refused = await login(email, password, {}, '203.0.113.7');
    expect(refused).toMatchObject({ status: 429, body: { type: 'urn:atoll:problem:tenancy.too-many-attempts' } });
    expect(Number(refused.headers['retry-after'] ?? refused.body.retryAfterSeconds)).toBeGreaterThan(0);
    expect((await login(email, password, {}, '203.0.113.8')).status).toBe(200);
  });

  it('lets no more guesses through when they all come at once', async () => {
    const { email } = await house.register();
    const answers = await Promise.all(Array.from({ length: 30 }, () => login(email, 'wrong horse battery', {}, '203.0.113.30')));
    const looked = answers.filter(({ status }) => status === 401).length;
    expect(looked).toBeLessThanOrEqual(10);
    expect(answers.every(({ status }) => status === 401 || status === 429)).toBe(true);
  });

  it('an attack from everywhere does not lock the owner out', async () => {
    const { email, password } = await house.register();
    for (let at = 0; at < 110; at += 1) await house.db.system('an attack', () => attempt(house, email, at));
    expect((await login(email, password, {}, '192.0.2.99')).status).toBe(429);
    expect((await login(email, password)).status).toBe(200);
  });

  it('one person in two tenants chooses, and is somebody else in each', async () => {
    const first = await house.register();
    const { email, password } = first;
    const second = await house.register({ email, password, tenantName: 'Second' });
    expect(second.userId).not.toBe(first.userId);
    const unsure = await login(email, password);
    expect(unsure).toMatchObject({ status: 409,
      body: { type: 'urn:atoll:problem:tenancy.choose-tenant', tenants: [{ id: first.tenant.id }, { id: second.tenant.id }] } });
    expect((await login(email, password, { tenantId: second.tenant.id })).body)
      .toMatchObject({ tenant: second.tenant, userId: second.userId });
    const stranger = await house.register();
    const [foreign, unknown] = [await login(email, password, { tenantId: stranger.tenant.id }),
      await login(email, password, { tenantId: newId() })];
    expect(foreign.status).toBe(403);
    expect({ ...foreign.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
  });

  it('somebody who is known registers again with their password only', async () => {
    const { email } = await house.register();
    const answer = await house.ask('POST', '/v1/auth/register',
      { body: { tenantName: 'Mine', name: 'Eve', email, password: 'another horse battery' } });
    expect(answer).toMatchObject({ status: 409, body: { type: 'urn:atoll:problem:tenancy.not-registered' } });
    expect(JSON.stringify(answer.body)).not.toContain(email);
  });

  it('publishes the keys that access tokens can be checked with', async () => {
    const { accessToken } = await house.register();
    const { body, headers } = await house.ask('GET', '/.well-known/jwks.json');
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(body.keys.map((key: { kid: string }) => key.kid)).toContain(decodeProtectedHeader(accessToken).kid);
    expect(JSON.stringify(body)).not.toContain('"d"');
    const { payload } = await jwtVerify(accessToken, createLocalJWKSet(body),
      { algorithms: ['EdDSA'], issuer: 'urn:atoll', audience: 'atoll-api', typ: 'at+jwt' });
    expect(payload).toMatchObject({ sid: expect.any(String) });
  });
});

/** A failed attempt of another network, as the throttle writes it. */
async function attempt(house: House, email: string, at: number): Promise<void> {
  const { Secrets } = await import('#platform/core');
  const account = house.get(Secrets).sign('tenancy.throttle-account', email);
  await house.db.query('insert into tenancy.sign_in_attempt (id, account, address) values ($1, $2, $3)',
    [newId(), account, `elsewhere ${at}`]);
}
