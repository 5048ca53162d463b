import { newId } from '#platform/core';
import { AuthenticatorApp, engines, type OidcFault, OidcServer } from '#platform/testing';
import { Browser } from './browser.js';
import { House, type SignedInBody } from './house.js';

const BASE = 'http://127.0.0.1:3999';

describe.each(engines)('sign-in at an issuer of the deployment on %s', (engine) => {
  let issuer: OidcServer;
  let house: House;
  beforeAll(async () => {
    issuer = await OidcServer.start();
    house = await House.open(engine, {
      ATOLL_PUBLIC_URL: BASE, ATOLL_OIDC_ISSUER: issuer.url, ATOLL_OIDC_CLIENT_ID: issuer.clientId,
      ATOLL_OIDC_CLIENT_SECRET: issuer.clientSecret,
      ATOLL_OIDC_TRUSTS_FACTOR: 'true', ATOLL_SIGN_IN_ORIGINS: 'https://app.example',
    });
  });
  afterAll(async () => {
    await house?.close();
    await issuer?.stop();
  });

  const START = { provider: 'oidc' };
  const someone = (more: object = {}) => ({ sub: newId(), email: `${newId()}@example.org`, email_verified: true, name: 'Ada', ...more });
  const prove = (email: string) =>
    house.db.system('a spec', () => house.db.query('update tenancy.identity set email_verified_at = now() where email = $1', [email]));
  const verifiedOwner = async (): Promise<SignedInBody & { email: string; password: string }> => {
    const owner = await house.register();
    await prove(owner.email);
    return owner;
  };

  it('joins an account with a proven address to the one that has it, and knows it again by its subject', async () => {
    const owner = await verifiedOwner();
    issuer.person = someone({ email: owner.email.toUpperCase() });
    const first = await new Browser(house, issuer).whole(START);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ tenant: owner.tenant, userId: owner.userId });
    expect((await house.ask('GET', '/v1/me', { token: first.body.accessToken })).body.user.email).toBe(owner.email);
    issuer.person = { sub: issuer.person.sub, email: 'another@example.net', email_verified: false };
    expect((await new Browser(house, issuer).whole(START)).body.userId).toBe(owner.userId);
    const { items } = (await house.ask('GET', '/v1/me/external-logins', { token: owner.accessToken })).body;
    expect(items).toMatchObject([{ of: 'deployment', issuer: issuer.url, email: owner.email }]);
    expect((await house.ask('DELETE', `/v1/me/external-logins/${items[0].id}`, { token: owner.accessToken })).status).toBe(204);
    expect((await new Browser(house, issuer).whole(START)).body.type).toContain('tenancy.issuer-email');
  });

  it('does not join what either side never proved, and refuses who is not expected', async () => {
    const squatted = await house.register();
    issuer.person = someone({ email: squatted.email });
    const unproven = await new Browser(house, issuer).whole(START);
    expect([unproven.status, unproven.body.type]).toEqual([409, 'urn:atoll:problem:tenancy.email-unproven']);
    const owner = await verifiedOwner();
    for (const email_verified of [false, undefined, 'true', 1]) {
      issuer.person = someone({ email: owner.email, email_verified });
      const { status, body } = await new Browser(house, issuer).whole(START);
      expect([status, body.type]).toEqual([403, 'urn:atoll:problem:tenancy.issuer-email']);
    }
    issuer.person = someone();
    expect((await new Browser(house, issuer).whole(START)).body.type).toBe('urn:atoll:problem:tenancy.not-expected');
    expect(await house.db.system('a spec', () => house.db.query('select 1 from tenancy.identity where email = $1', [issuer.person.email])))
      .toEqual([]);
  });

  it.each<OidcFault>(['nonce', 'aud', 'azp', 'iss', 'expired', 'none', 'hs256', 'foreign-key', 'mixed-up', 'denied'])(
    'refuses an answer whose fault is %s', async (fault) => {
    const owner = await verifiedOwner();
    issuer.person = someone({ email: owner.email });
    issuer.next(fault);
    const { status, body } = await new Browser(house, issuer).whole(START);
    expect([status, body.type]).toEqual([403, 'urn:atoll:problem:tenancy.issuer-refused']);
    expect(body.accessToken).toBeUndefined();
  });

  it('says that the issuer is at fault where it is, and goes on with slow ones', async () => {
    const owner = await verifiedOwner();
    issuer.person = someone({ email: owner.email });
    issuer.next('broken', { slowMs: 300 }, 'userinfo');
    expect((await new Browser(house, issuer).whole(START)).status).toBe(503);
    expect((await new Browser(house, issuer).whole(START)).status).toBe(200);
    expect((await new Browser(house, issuer).whole(START)).body.userId).toBe(owner.userId);
  });

  it('goes on after the issuer has changed its keys, and trusts the old ones no longer', async () => {
    const owner = await verifiedOwner();
    issuer.person = someone({ email: owner.email });
    expect((await new Browser(house, issuer).whole(START)).status).toBe(200);
    await issuer.rotate(true);
    expect((await new Browser(house, issuer).whole(START)).status).toBe(200);
    await issuer.rotate();
    expect((await new Browser(house, issuer).whole(START)).status).toBe(200);
  });

  it('a state works once, in the browser that began it, with the issuer\'s answer unchanged', async () => {
    const owner = await verifiedOwner();
    issuer.person = someone({ email: owner.email });
    const [mine, other] = [new Browser(house, issuer), new Browser(house, issuer)];
    const back = await mine.visit(await mine.start(START));
    await other.start(START);
    for (const thief of [other, new Browser(house, issuer)])
      expect((await thief.callback(back)).body.type).toContain('tenancy.sign-in-not-begun');
    const twice = new URL(back);
    twice.searchParams.append('state', 'x'.repeat(43));
    expect((await mine.callback(twice)).status).toBe(403);
    const ticket = await mine.comeBack(back);
    expect((await mine.callback(back)).status).toBe(403);
    expect((await other.finish(ticket)).status).toBe(403);
    const answers = await Promise.all(Array.from({ length: 5 }, () => mine.finish(ticket)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403, 403]);
    expect((await house.ask('GET', '/v1/auth/oidc/callback')).status).toBe(403);
  });

  it('ends after ten minutes, and two tabs of one browser do not disturb each other', async () => {
    const owner = await verifiedOwner();
    issuer.person = someone({ email: owner.email });
    const browser = new Browser(house, issuer);
    const first = await browser.visit(await browser.start(START));
    const second = await browser.visit(await browser.start(START));
    expect((await browser.finish(await browser.comeBack(second))).status).toBe(200);
    expect((await browser.finish(await browser.comeBack(first))).status).toBe(200);
    const late = await browser.visit(await browser.start(START));
    await house.db.system('a spec', () => house.db.query(`update tenancy.oidc_flow set expires_at = now() where status = 'open'`));
    expect((await browser.callback(late)).status).toBe(403);
  });

  it('keeps the cookie to itself and returns to allowed places only', async () => {
    const { headers } = await house.ask('POST', '/v1/auth/oidc/start', { body: START });
    expect(String(headers['set-cookie'])).toMatch(/^atoll-sign-in=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=900$/);
    const browser = new Browser(house, issuer);
    for (const [asked, whole] of [['/chat?x=1#y', `${BASE}/chat?x=1`], ['https://app.example/in', 'https://app.example/in'],
      [undefined, `${BASE}/`]]) {
      const { headers: answer } = await browser.callback(await browser.visit(await browser.start({ ...START, returnTo: asked })));
      expect(answer.location).toMatch(new RegExp(`^${whole!.replaceAll('?', '\\?')}#sign-in=[\\w-]{43}$`));
    }
    for (const returnTo of ['https://evil.example/', '//evil.example', '/\\evil.example', '/\t/evil.example',
      'https://app.example.evil.example', 'https://app.example@evil.example', 'javascript:alert(1)', `${BASE}@evil.example`,
      'http://app.example/']) {
      const { status, body } = await house.ask('POST', '/v1/auth/oidc/start', { body: { ...START, returnTo } });
      expect([returnTo, status, body.type]).toEqual([returnTo, 400, 'urn:atoll:problem:tenancy.return-address']);
    }
    const forged = await house.ask('POST', '/v1/auth/oidc/start',
      { body: START, headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' } });
    expect(new URL(forged.body.url).searchParams.get('redirect_uri')).toBe(`${BASE}/v1/auth/oidc/callback`);
    expect((await house.ask('POST', '/v1/auth/oidc/start', { body: { provider: 'google' } })).status).toBe(404);
  });

  it('asks for a second factor where the person has one, unless the issuer saw one', async () => {
    const owner = await verifiedOwner();
    const { secret } = (await house.ask('POST', '/v1/me/second-factor',
      { token: owner.accessToken, body: { password: owner.password } })).body;
    const app = new AuthenticatorApp(secret);
    expect((await house.ask('POST', '/v1/me/second-factor/confirm', { token: owner.accessToken, body: { code: app.next() } })).status)
      .toBe(200);
    issuer.person = someone({ email: owner.email });
    const browser = new Browser(house, issuer);
    const ticket = await browser.signIn(START);
    expect((await browser.finish(ticket)).body.type).toBe('urn:atoll:problem:tenancy.second-factor-needed');
    expect((await browser.finish(ticket, { code: app.wrong() })).body.type).toBe('urn:atoll:problem:tenancy.second-factor-wrong');
    const { status, body } = await browser.finish(ticket, { code: app.next() });
    expect(status).toBe(200);
    expect((await house.ask('GET', '/v1/me', { token: body.accessToken })).body.secondFactor.given).toBe(true);
    issuer.person = { ...issuer.person, amr: ['pwd', 'mfa'] };
    expect((await new Browser(house, issuer).whole(START)).status).toBe(200);
  });

  it('lets who is invited in, and asks those with several tenants which', async () => {
    const owner = await house.register();
    issuer.person = someone();
    const invite = (token: string) => house.ask('POST', '/v1/invitations', { token, body: { email: issuer.person.email, role: 'viewer' } });
    await invite(owner.accessToken);
    const { body } = await new Browser(house, issuer).whole(START);
    expect(body.tenant).toEqual(owner.tenant);
    expect((await house.ask('GET', '/v1/me', { token: body.accessToken })).body.user).toMatchObject({ name: 'Ada', role: 'viewer' });
    const second = await house.register();
    await invite(second.accessToken);
    expect((await new Browser(house, issuer).whole(START)).body.tenant).toEqual(owner.tenant);
    // Who has a place already joins others by the link of the e-mail alone.
    expect((await house.ask('GET', '/v1/me/tenants', { token: body.accessToken })).body.items).toHaveLength(1);
    const elsewhere = await house.register();
    const [{ id } = { id: '' }] = await house.db.system('a spec',
      () => house.db.query<{ id: string }>('select id from tenancy.identity where email = $1', [issuer.person.email]));
    await house.inTenant(elsewhere.tenant.id, () => house.db.query(`insert into tenancy.membership (tenant_id, id, identity_id, email, ` +
      `name, role) values ($1, $2, $3, $4, 'Ada', 'member')`, [elsewhere.tenant.id, newId(), id, issuer.person.email]));
    const browser = new Browser(house, issuer);
    const ticket = await browser.signIn(START);
    const choice = await browser.finish(ticket);
    expect([choice.status, choice.body.tenants.length]).toEqual([409, 2]);
    expect((await browser.finish(ticket, { tenantId: elsewhere.tenant.id })).body.tenant).toEqual(elsewhere.tenant);
  });

  it('makes no session for who left, and none by what the session may not say', async () => {
    const owner = await verifiedOwner();
    issuer.person = someone({ email: owner.email });
    const browser = new Browser(house, issuer);
    const ticket = await browser.signIn(START);
    for (const odd of [{ ticket: { $ne: '' } }, { ticket: [ticket] }, { ticket: 'x' }, { ticket: '' }])
      expect([400, 403]).toContain((await browser.finish(ticket, odd)).status);
    expect((await browser.finish(ticket, { tenantId: newId() })).status).toBe(403);
    await house.inTenant(owner.tenant.id, () => house.db.query(`update tenancy.membership set status = 'suspended'`));
    expect((await browser.finish(ticket)).status).toBe(403);
  });

  it('a tenant may ask for an issuer: then a password opens nothing but the way to one, and owners keep theirs', async () => {
    const owner = await verifiedOwner();
    const email = `${newId()}@example.org`;
    const member = await house.register({ email });
    await prove(email);
    const [{ id } = { id: '' }] = await house.db.system('a spec',
      () => house.db.query<{ id: string }>('select id from tenancy.identity where email = $1', [email]));
    await house.inTenant(owner.tenant.id, () => house.db.query(`insert into tenancy.membership (tenant_id, id, identity_id, email, ` +
      `name, role) values ($1, $2, $3, $4, 'Bob', 'member')`, [owner.tenant.id, newId(), id, email]));
    const login = await house.ask('POST', '/v1/auth/login', { body: { email, password: member.password, tenantId: owner.tenant.id } });
    expect((await house.ask('GET', '/v1/members', { token: login.body.accessToken })).status).toBe(200);
    expect((await house.ask('PUT', '/v1/sign-in-policy', { token: owner.accessToken, body: { signIn: 'issuer' } })).body)
      .toEqual({ signIn: 'issuer', secondFactor: 'optional' });
    const again = await house.ask('POST', '/v1/auth/login', { body: { email, password: member.password, tenantId: owner.tenant.id } });
    expect((await house.ask('GET', '/v1/members', { token: again.body.accessToken })).status).toBe(403);
    expect((await house.ask('GET', '/v1/me', { token: again.body.accessToken })).body.permissions).toEqual([]);
    issuer.person = someone({ email });
    const { body } = await new Browser(house, issuer).whole(START, { tenantId: owner.tenant.id });
    expect((await house.ask('GET', '/v1/members', { token: body.accessToken })).status).toBe(200);
    const back = await house.ask('POST', '/v1/auth/login', { body: { email: owner.email, password: owner.password } });
    expect((await house.ask('GET', '/v1/members', { token: back.body.accessToken })).status).toBe(200);
  });
});
