import { newId } from '#platform/core';
import { engines, eventually, SmtpServer } from '#platform/testing';
import { House } from './house.js';
import { NO_TEXTS, mangled, median, tokenTo } from './emails.js';

describe.each(engines)('registering where addresses are verified, on %s', (engine) => {
  let house: House;
  let smtp: SmtpServer;
  beforeAll(async () => {
    smtp = await SmtpServer.start();
    house = await House.open(engine, smtp.env);
  });
  afterAll(async () => {
    await house?.close();
    await smtp?.stop();
  });

  const entry = (change: object = {}) =>
    ({ tenantName: 'Reef', name: 'Ada', email: `${newId()}@example.org`, password: 'correct horse battery', ...change });
  const register = (body: object, from?: string) => house.ask('POST', '/v1/auth/register', { body, from });
  const verify = (token: unknown) => house.ask('POST', '/v1/auth/verify-email', { body: { token } });
  const known = (email: string) =>
    house.db.system('a look', () => house.db.query('select 1 from tenancy.identity where email = $1', [email]));

  it('makes nobody before the e-mail is answered, and the owner by it', async () => {
    const ada = entry({ timeZone: 'Europe/Vienna' });
    expect(await register(ada)).toMatchObject({ status: 202, body: { next: 'read-your-mail' } });
    const token = await tokenTo(smtp, ada.email, /confirm/i);
    expect(await known(ada.email)).toEqual([]);
    const { status, body } = await verify(token);
    expect(status).toBe(200);
    expect((await house.ask('GET', '/v1/me', { token: body.accessToken })).body)
      .toMatchObject({ user: { email: ada.email, role: 'owner' }, emailVerified: true, tenant: { timeZone: 'Europe/Vienna' } });
    expect((await house.ask('POST', '/v1/auth/login', { body: { email: ada.email, password: ada.password } })).status).toBe(200);
  });

  it('a link works once, of however many at once', async () => {
    const ada = entry();
    await register(ada);
    const token = await tokenTo(smtp, ada.email);
    const statuses = (await Promise.all(Array.from({ length: 5 }, () => verify(token)))).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 410, 410, 410, 410]);
    expect((await verify(token)).status).toBe(410);
  });

  it('mangled, late and misused tokens are refused alike, and what is no text is no token', async () => {
    const ada = entry();
    await register(ada);
    const token = await tokenTo(smtp, ada.email);
    const refusals = await Promise.all(mangled(token).map((text) => verify(text)));
    refusals.push(await house.ask('POST', '/v1/auth/password-reset/confirm', { body: { token, password: 'another horse battery' } }));
    expect(new Set(refusals.map(({ status, body }) => JSON.stringify([status, { ...body, requestId: '', instance: '' }]))).size).toBe(1);
    expect(refusals[0]!.status).toBe(410);
    for (const odd of NO_TEXTS) expect((await verify(odd)).status).toBe(400);
    await house.db.system('time passes',
      () => house.db.query(`update tenancy.ticket set expires_at = now() - interval '1 second' where email = $1`, [ada.email]));
    expect((await verify(token)).status).toBe(410);
    expect(await known(ada.email)).toEqual([]);
  });

  it('a known address looks like an unknown one: text, headers and time', async () => {
    const people: Awaited<ReturnType<House['owner']>>[] = [];
    for (let at = 0; at < 8; at += 1) people.push(await house.owner());
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
    const seen = new Set<string>();
    for (const [at, { email }] of people.entries()) {
      for (const kind of ['known', 'unknown'] as const) {
        const body = entry({ password: 'another horse battery', ...(kind === 'known' && { email }) });
        const started = performance.now();
        const answer = await register(body, `198.51.100.${at * 2 + (kind === 'known' ? 0 : 1)}`);
        times[kind].push(performance.now() - started);
        seen.add(JSON.stringify([answer.status, { ...answer.body, requestId: '' }, Object.keys(answer.headers).sort()]));
      }
    }
    expect(seen.size).toBe(1);
    const ratio = median(times.known) / median(times.unknown);
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
    await eventually(() => expect(smtp.to(people[0]!.email).subject).toBe('You have an account already'));
    expect((await house.ask('POST', '/v1/auth/login', { body: { email: people[0]!.email, password: people[0]!.password } })).status)
      .toBe(200);
  });

  it('who is known gets one more tenant with their password', async () => {
    const ada = await house.owner();
    const { status, body } = await register(entry({ email: ada.email, password: ada.password, tenantName: 'Second' }));
    expect(status).toBe(201);
    expect(body).toMatchObject({ tenant: { name: 'Second' }, accessToken: expect.any(String) });
  });

  it('of two e-mails to one address the second person finds it taken', async () => {
    const ada = entry();
    await register(ada);
    const first = await tokenTo(smtp, ada.email);
    await house.owner({ email: ada.email, password: 'somebody was faster' });
    expect(await verify(first)).toMatchObject({ status: 409, body: { type: 'urn:atoll:problem:tenancy.registered-meanwhile' } });
  });

  it('fills nobody’s mailbox', async () => {
    const email = `${newId()}@example.org`;
    for (let at = 0; at < 9; at += 1) expect((await register(entry({ email }), `203.0.113.${at}`)).status).toBe(202);
    const marker = entry();
    await register(marker);
    await tokenTo(smtp, marker.email);
    await eventually(() => expect(smtp.received.filter(({ to }) => to.includes(email))).toHaveLength(5));
  });

  it('an e-mail tells nothing that its asker wrote, and its links lead here whatever host was asked', async () => {
    const ada = entry({ tenantName: 'Visit http://evil.example', name: 'Click evil.example' });
    await house.ask('POST', '/v1/auth/register', { body: ada, headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' } });
    await tokenTo(smtp, ada.email);
    expect(smtp.received.find(({ to }) => to.includes(ada.email))!.raw).not.toMatch(/evil/);
  });

  it('an e-mail that a busy server did not take goes again', async () => {
    const ada = entry();
    smtp.next({ kind: 'busy' });
    await register(ada);
    await eventually(() => smtp.to(ada.email), { timeoutMs: 20_000 });
  }, 30_000);

  it('somebody who is signed in proves their address', async () => {
    const ada = await house.owner();
    const me = async () => (await house.ask('GET', '/v1/me', { token: ada.accessToken })).body;
    expect(await me()).toMatchObject({ emailVerified: false });
    expect((await house.ask('POST', '/v1/me/verify-email', { token: ada.accessToken })).status).toBe(202);
    expect(await verify(await tokenTo(smtp, ada.email))).toMatchObject({ status: 200, body: { emailVerified: true } });
    expect(await me()).toMatchObject({ emailVerified: true });
  });
});

describe('registering without a mail server', () => {
  it('is refused in production, saying why, unless addresses are not verified', async () => {
    const production = { NODE_ENV: 'production', ATOLL_SECRET: 'x9#kk20Lmv82hs7QpwZ1nb5Ty6Gf4Rd3Ec' };
    const body = { tenantName: 'Reef', name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' };
    const strict = await House.open('embedded', production);
    expect(await strict.ask('POST', '/v1/auth/register', { body }))
      .toMatchObject({ status: 503, body: { type: 'urn:atoll:problem:kernel.no-mail' } });
    expect((await strict.ask('POST', '/v1/auth/password-reset', { body: { email: body.email } })).status).toBe(503);
    await strict.close();
    const open = await House.open('embedded', { ...production, ATOLL_EMAIL_VERIFICATION: 'off' });
    expect((await open.ask('POST', '/v1/auth/register', { body })).status).toBe(201);
    await open.close();
  });
});
