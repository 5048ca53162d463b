import { newId } from '#platform/core';
import { engines, OidcServer } from '#platform/testing';
import { House } from './house.js';

const ODD: unknown[] = [
  'javascript:alert(document.cookie)', 'JavaScript:alert(1)//https://id.example', 'data:text/html,<script>alert(1)</script>',
  'file:///etc/passwd', 'vbscript:x', 'blob:https://id.example/x', 'ftp://id.example/authorize', 'about:blank',
  'http://id.example/authorize', 'http://10.0.0.1/authorize', 'http://127.0.0.1.id.example/authorize', 'http://localhost.id.example/x',
  '//id.example/authorize', '/authorize', 'authorize', '', ' ', 'https://', 'https://user:password@id.example/authorize',
  'https://id.example/authorize#fragment', 7, true, null, {}, ['https://id.example/authorize'],
];

describe.each(engines)('endpoints that an issuer names on %s', (engine) => {
  let issuer: OidcServer;
  let house: House;
  beforeAll(async () => {
    issuer = await OidcServer.start();
    house = await House.open(engine, { ATOLL_PUBLIC_URL: 'http://127.0.0.1:3999', ATOLL_OIDC_PRIVATE_ISSUERS: issuer.url });
  });
  afterAll(async () => {
    await house?.close();
    await issuer?.stop();
  });

  const create = (token: string) => house.ask('POST', '/v1/identity-providers',
    { token, body: { name: 'Corp', issuer: issuer.url, clientId: issuer.clientId, clientSecret: issuer.clientSecret } });

  it.each(['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint'])('%s: what is no https address is never set up',
    async (name) => {
    const { accessToken } = await house.register();
    for (const odd of ODD) {
      issuer.discovery = { [name]: odd };
      const { status, body } = await create(accessToken);
      expect([odd, status, body.type]).toEqual([odd, 400, 'urn:atoll:problem:tenancy.issuer']);
    }
    issuer.discovery = {};
    expect((await create(accessToken)).status).toBe(201);
  });

  it('what an issuer turned into later is refused when somebody signs in, and is no failure of ours', async () => {
    for (const odd of [...ODD.slice(0, 4), ...ODD.slice(8, 10), '', 7]) {
      const owner = await house.register();
      const id = newId();
      await house.inTenant(owner.tenant.id, () => house.db.query(
        `insert into tenancy.identity_provider (tenant_id, id, name, issuer, client_id, trusts_email, trusts_factor, enabled)
         values ($1, $2, 'Corp', $3, 'atoll', false, false, true)`, [owner.tenant.id, id, issuer.url]));
      issuer.discovery = { authorization_endpoint: odd };
      const { status, body } = await house.ask('POST', '/v1/auth/oidc/start', { body: { provider: id, tenantId: owner.tenant.id } });
      expect([odd, status, body.type]).toEqual([odd, 403, 'urn:atoll:problem:tenancy.issuer-refused']);
    }
    issuer.discovery = {};
  });

  it('a list of methods that is none ends nothing', async () => {
    const owner = await house.register();
    for (const odd of [7, 'client_secret_post', {}, null, [7]]) {
      issuer.discovery = { token_endpoint_auth_methods_supported: odd };
      expect([odd, (await create(owner.accessToken)).status]).toEqual([odd, 201]);
    }
    issuer.discovery = {};
  });
});

it.each(['javascript:alert(1)', 'data:text/html,x', 'http://id.example', 'http://10.0.0.1', 'https://u:p@id.example',
  'https://id.example?x=1', 'id.example'])(
  'the deployment does not start with the issuer %s', async (issuer) => {
  await expect(House.open('embedded', { ATOLL_OIDC_ISSUER: issuer, ATOLL_OIDC_CLIENT_ID: 'atoll' })).rejects.toThrow(/ATOLL_OIDC_ISSUER must be an https/);
});
