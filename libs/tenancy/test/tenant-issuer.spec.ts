import { newId } from '#platform/core';
import { DnsServer, engines, type OidcPerson, OidcServer } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { Browser } from './browser.js';
import { House, type SignedInBody } from './house.js';

type Owner = SignedInBody & { email: string; password: string };

describe.each(engines)('an issuer of a tenant on %s', (engine) => {
  let issuer: OidcServer;
  let dns: DnsServer;
  let house: House;
  beforeAll(async () => {
    [issuer, dns] = await Promise.all([OidcServer.start(), DnsServer.start()]);
    house = await House.open(engine,
      { ATOLL_PUBLIC_URL: 'http://127.0.0.1:3999', ATOLL_OIDC_PRIVATE_ISSUERS: issuer.url, ATOLL_DNS_SERVERS: dns.address });
  });
  afterAll(async () => {
    await house?.close();
    await Promise.all([issuer?.stop(), dns?.stop()]);
  });

  const create = (token: string, more: object = {}) =>
    house.ask('POST', '/v1/identity-providers',
      { token, body: { name: 'Corp', issuer: issuer.url, clientId: issuer.clientId, clientSecret: issuer.clientSecret, ...more } });
  const claim = async (token: string, domain: string, more: object = {}) =>
    (await house.ask('POST', '/v1/domains', { token, body: { domain, ...more } })).body;
  const newDomain = () => `${newId().slice(-12)}.example`;

  /** A tenant with an issuer of its own and a proven domain. */
  async function company(more: object = {}): Promise<Owner & { domain: string; start: { provider: string; tenantId: string } }> {
    const owner = await house.register();
    const { body } = await create(owner.accessToken, more);
    const domain = newDomain();
    await house.inTenant(owner.tenant.id, () => house.get(Tenancy).captureDomain({ domain }));
    return { ...owner, domain, start: { provider: body.id, tenantId: owner.tenant.id } };
  }
  const at = (domain: string, more: object = {}) =>
    ({ sub: newId(), email: `${newId()}@${domain}`, email_verified: true, name: 'Bob', ...more });

  it('is set up if it answers, keeps its secret to itself, and is another tenant\'s business nowhere', async () => {
    const [owner, other] = [await house.register(), await house.register()];
    const { status, body } = await create(owner.accessToken);
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Corp', issuer: issuer.url, hasSecret: true, trustsEmail: false, enabled: true });
    const all = await house.ask('GET', '/v1/identity-providers', { token: owner.accessToken });
    expect(all.body).toMatchObject({ redirectUri: 'http://127.0.0.1:3999/v1/auth/oidc/callback', items: [{ id: body.id }] });
    expect(JSON.stringify(all.body)).not.toContain(issuer.clientSecret);
    const kept = await house.inTenant(owner.tenant.id, () => house.db.query('select client_secret from tenancy.identity_provider'));
    expect(JSON.stringify(kept)).not.toContain(issuer.clientSecret);
    expect((await house.ask('GET', `/v1/identity-providers/${body.id}`, { token: other.accessToken })).status).toBe(404);
    expect((await house.ask('POST', '/v1/auth/oidc/start', { body: { provider: body.id, tenantId: other.tenant.id } })).status).toBe(404);
    expect((await house.ask('POST', '/v1/auth/oidc/start', { body: { provider: body.id } })).status).toBe(404);
    const refused: [object, number][] = [[{ issuer: 'http://10.0.0.1' }, 400], [{ issuer: 'https://10.0.0.1' }, 422],
      [{ issuer: 'https://169.254.169.254/latest' }, 422], [{ issuer: `${issuer.url}/elsewhere` }, 503],
      [{ issuer: 'file:///etc/passwd' }, 400], [{ issuer: undefined }, 400]];
    for (const [more, expected] of refused) expect([more, (await create(owner.accessToken, more)).status]).toEqual([more, expected]);
  });

  it('lets people of a proven domain join as the domain says, and knows them again', async () => {
    const corp = await company();
    issuer.person = at(corp.domain);
    const { status, body } = await new Browser(house, issuer).whole(corp.start);
    expect(status).toBe(200);
    expect(body.tenant).toEqual(corp.tenant);
    const me = (await house.ask('GET', '/v1/me', { token: body.accessToken })).body;
    expect(me).toMatchObject({ user: { name: 'Bob', role: 'member', email: issuer.person.email }, emailVerified: true });
    issuer.person = { ...issuer.person, email: `changed@${corp.domain}` };
    expect((await new Browser(house, issuer).whole(corp.start)).body.userId).toBe(me.user.id);
    expect((await house.ask('POST', '/v1/auth/oidc/options', { body: { email: `anybody@${corp.domain.toUpperCase()}` } })).body.items)
      .toEqual([{ ...corp.start, name: 'Corp' }]);
    expect((await house.ask('POST', '/v1/auth/oidc/options', { body: { email: 'anybody@example.org' } })).body.items).toEqual([]);
  });

  it('is believed in nobody\'s address outside of the domains its tenant has proven', async () => {
    const [corp, victim] = [await company(), await company()];
    const unproven = newDomain();
    await claim(corp.accessToken, unproven);
    const people: OidcPerson[] = [at('example.org'), at(victim.domain), at(unproven), at(corp.domain, { email_verified: false }),
      at(corp.domain, { email_verified: undefined }), { sub: newId() },
      { sub: newId(), email: `x@${corp.domain}/@example.org`, email_verified: true },
      { sub: newId(), email: `x@${corp.domain}:80`, email_verified: true }];
    for (const person of people) {
      issuer.person = person;
      const { status, body } = await new Browser(house, issuer).whole(corp.start);
      expect([person.email, status]).toEqual([person.email, 403]);
      expect(['urn:atoll:problem:tenancy.not-expected', 'urn:atoll:problem:tenancy.issuer-email']).toContain(body.type);
    }
    // The owner of the tenant, by an address that is theirs for certain: not even so.
    issuer.person = at(corp.domain);
    const [{ id } = { id: '' }] = await house.inTenant(corp.tenant.id,
      () => house.db.query<{ id: string }>('select identity_id as id from tenancy.membership'));
    await house.db.system('a spec',
      () => house.db.query('update tenancy.identity set email = $2, email_verified_at = now() where id = $1', [id, issuer.person.email]));
    expect((await new Browser(house, issuer).whole(corp.start)).body.type).toBe('urn:atoll:problem:tenancy.link-yourself');
    issuer.person = at(corp.domain, { email_verified: undefined });
    await house.ask('PATCH', `/v1/identity-providers/${corp.start.provider}`, { token: corp.accessToken, body: { trustsEmail: true } });
    expect((await new Browser(house, issuer).whole(corp.start)).status).toBe(200);
  });

  it('opens its own tenant and nothing else of the person', async () => {
    const corp = await company();
    const person = await house.register({ email: `${newId()}@${corp.domain}` });
    await house.db.system('a spec',
      () => house.db.query('update tenancy.identity set email_verified_at = now() where email = $1', [person.email]));
    issuer.person = at(corp.domain, { email: person.email });
    const { body } = await new Browser(house, issuer).whole(corp.start);
    expect(body.tenant).toEqual(corp.tenant);
    const token = body.accessToken;
    expect((await house.ask('GET', '/v1/me/tenants', { token })).body.items.map(({ id }: { id: string }) => id)).toEqual([corp.tenant.id]);
    const tries: [string, object][] = [
      ['/v1/auth/switch', { tenantId: person.tenant.id }],
      ['/v1/me/password', { currentPassword: person.password, newPassword: 'another correct horse' }],
      ['/v1/me/second-factor', { password: person.password }],
      ['/v1/me/second-factor/confirm', { code: '123456' }],
      ['/v1/me/second-factor/remove', { password: person.password, code: '123456' }],
      ['/v1/me/second-factor/recovery-codes', { password: person.password, code: '123456' }],
      ['/v1/me/external-logins', { provider: corp.start.provider, password: person.password }],
    ];
    for (const [url, entry] of tries) {
      const answer = await house.ask('POST', url, { token, body: entry });
      expect([url, answer.status, answer.body.type]).toEqual([url, 403, 'urn:atoll:problem:tenancy.session-of-issuer']);
    }
    expect((await house.ask('POST', '/v1/auth/logout', { token, body: { all: true } })).status).toBe(204);
    expect((await house.ask('GET', '/v1/me', { token })).status).toBe(401);
    expect((await house.ask('GET', '/v1/me', { token: person.accessToken })).status).toBe(200);
  });

  it('is connected by who is signed in, with the password', async () => {
    const corp = await company();
    issuer.person = { sub: newId(), email: 'private@example.net' };
    const browser = new Browser(house, issuer);
    await expect(browser.start({ provider: corp.start.provider, password: 'not my password' }, corp.accessToken)).rejects.toThrow('403');
    const ticket = await browser.comeBack(
      await browser.visit(await browser.start({ provider: corp.start.provider, password: corp.password }, corp.accessToken)));
    expect((await browser.finish(ticket)).body).toEqual({ connected: true });
    expect((await browser.finish(ticket)).status).toBe(403);
    expect((await new Browser(house, issuer).whole(corp.start)).body.userId).toBe(corp.userId);
    const { items } = (await house.ask('GET', '/v1/me/external-logins', { token: corp.accessToken })).body;
    expect(items).toMatchObject([{ of: 'tenant', issuer: issuer.url, email: 'private@example.net' }]);
    expect((await house.ask('DELETE', `/v1/me/external-logins/${items[0].id}`, { token: corp.accessToken })).status).toBe(204);
    expect((await new Browser(house, issuer).whole(corp.start)).status).toBe(403);
    expect((await house.ask('DELETE', `/v1/me/external-logins/${items[0].id}`, { token: corp.accessToken })).status).toBe(404);
  });

  it('satisfies the tenant that asks for its own issuer; switched off, its sessions end', async () => {
    const corp = await company({ trustsFactor: true });
    const none = await house.register();
    expect((await house.ask('PUT', '/v1/sign-in-policy', { token: none.accessToken, body: { signIn: 'own-issuer' } })).body.type)
      .toBe('urn:atoll:problem:tenancy.no-own-issuer');
    expect((await house.ask('PUT', '/v1/sign-in-policy', { token: corp.accessToken, body: { signIn: 'own-issuer' } })).status).toBe(200);
    issuer.person = at(corp.domain, { amr: ['pwd', 'otp'] });
    const { accessToken: token } = (await new Browser(house, issuer).whole(corp.start)).body;
    expect((await house.ask('GET', '/v1/members', { token })).status).toBe(200);
    expect((await house.ask('GET', '/v1/me', { token })).body.secondFactor).toMatchObject({ given: true });
    expect((await house.ask('PATCH', `/v1/identity-providers/${corp.start.provider}`,
      { token: corp.accessToken, body: { enabled: false } })).body.enabled).toBe(false);
    expect((await house.ask('GET', '/v1/me', { token })).status).toBe(401);
    expect((await house.ask('POST', '/v1/auth/oidc/start', { body: corp.start })).status).toBe(404);
  });

  it('a domain is proven by its DNS, by nobody else\'s record, and belongs to the first', async () => {
    const [ada, eve] = [await house.register(), await house.register()];
    const domain = newDomain();
    const [mine, theirs] = [await claim(ada.accessToken, domain.toUpperCase()), await claim(eve.accessToken, domain)];
    expect(mine).toMatchObject({ domain, joinsAs: 'member', verifiedAt: null, record: { name: `_atoll-challenge.${domain}` } });
    expect(mine.record.value).not.toBe(theirs.record.value);
    const verify = ({ accessToken: token }: Owner, { id }: { id: string }) => house.ask('POST', `/v1/domains/${id}/verify`, { token });
    expect((await verify(ada, mine)).status).toBe(409);
    dns.txt.set(mine.record.name, ['v=spf1 -all', theirs.record.value]);
    expect((await verify(ada, mine)).status).toBe(409);
    dns.broken = true;
    expect((await verify(ada, mine)).status).toBe(503);
    dns.broken = false;
    dns.txt.set(mine.record.name, ['v=spf1 -all', mine.record.value]);
    expect((await verify(ada, mine)).body).toMatchObject({ verifiedHow: 'dns' });
    dns.txt.set(mine.record.name, [theirs.record.value]);
    expect((await verify(eve, theirs)).body.type).toBe('urn:atoll:problem:tenancy.domain-taken');
    expect((await verify(eve, mine)).status).toBe(404);
    expect((await house.ask('POST', '/v1/domains', { token: ada.accessToken, body: { domain } })).status).toBe(409);
    for (const odd of ['localhost', '127.0.0.1', 'a b.example', '-x.example', 'example.org/x', '*.example.org'])
      expect([odd, (await house.ask('POST', '/v1/domains', { token: ada.accessToken, body: { domain: odd } })).status]).toEqual([odd, 400]);
    expect((await house.ask('DELETE', `/v1/domains/${mine.id}`, { token: ada.accessToken })).status).toBe(204);
  });
});
