import { newId } from '#platform/core';
import { AuthenticatorApp, engines, SmtpServer } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { House, type SignedInBody } from './house.js';
import { tokenTo } from './emails.js';

type Person = SignedInBody & { email: string; password: string };

/** Whatever changes what a person signs in with ends each link that was asked for before it. */
describe.each(engines)('links from before a credential was changed on %s', (engine) => {
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

  const post = (url: string, token: string | undefined, body: object) => house.ask('POST', url, { token, body });
  const resetLetter = async (email: string): Promise<string> => {
    expect((await post('/v1/auth/password-reset', undefined, { email })).status).toBe(202);
    return tokenTo(smtp, email, /password/i);
  };

  const reset = async (token: string): Promise<number> =>
    (await post('/v1/auth/password-reset/confirm', undefined, { token, password: 'a third horse battery' })).status;

  async function withFactor(ada: Person): Promise<{ app: AuthenticatorApp; recoveryCodes: string[] }> {
    const { body } = await post('/v1/me/second-factor', ada.accessToken, { password: ada.password });
    const app = new AuthenticatorApp(body.secret);
    return { app, ...(await post('/v1/me/second-factor/confirm', ada.accessToken, { code: app.next() })).body };
  }

  async function directoryOf(ada: Person): Promise<(method: 'PATCH' | 'DELETE', body?: object) => Promise<number>> {
    await house.inTenant(ada.tenant.id, () => house.get(Tenancy).captureDomain({ domain: ada.email.split('@')[1]! }));
    await house.inTenant(ada.tenant.id, () => house.db.query(`update tenancy.membership set role = 'admin' where id = $1`, [ada.userId]));
    const owner = await house.owner();
    await house.inTenant(ada.tenant.id, () => house.db.query(
      `insert into tenancy.membership (tenant_id, id, identity_id, email, name, role) values ($1, $2, $2, $3, 'Owner', 'owner')`,
      [ada.tenant.id, newId(), owner.email]));
    const { key } = await house.inTenant(ada.tenant.id,
      () => house.get(Tenancy).createApiKey({ name: 'directory', scopes: ['tenancy.scim.write'] }));
    return async (method, body) => (await house.ask(method, `/scim/v2/Users/${ada.userId}`, { token: key, body })).status;
  }

  const changes: [string, (ada: Person) => Promise<() => Promise<unknown>>][] = [
    ['a password is changed', async (ada) => () => post('/v1/me/password', ada.accessToken,
      { currentPassword: ada.password, newPassword: 'another horse battery' })],
    ['a second factor comes into force', async (ada) => {
      const { body } = await post('/v1/me/second-factor', ada.accessToken, { password: ada.password });
      return () => post('/v1/me/second-factor/confirm', ada.accessToken, { code: new AuthenticatorApp(body.secret).next() });
    }],
    ['recovery codes are made anew', async (ada) => {
      const { recoveryCodes: [code] } = await withFactor(ada);
      return () => post('/v1/me/second-factor/recovery-codes', ada.accessToken, { password: ada.password, code });
    }],
    ['a second factor is taken away', async (ada) => {
      const { recoveryCodes: [code] } = await withFactor(ada);
      return () => post('/v1/me/second-factor/remove', ada.accessToken, { password: ada.password, code });
    }],
    ['the directory suspends them', async (ada) => {
      const ask = await directoryOf(ada);
      return () => ask('PATCH', { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'active', value: false }] });
    }],
    ['the directory deletes them', async (ada) => {
      const ask = await directoryOf(ada);
      return () => ask('DELETE');
    }],
  ];

  it.each(changes)('open nothing once %s', async (_what, prepare) => {
    const ada = await house.owner({ email: `${newId()}@${newId().slice(-12)}.example` });
    const change = await prepare(ada);
    const letter = await resetLetter(ada.email);
    const done = await change();
    expect(typeof done === 'number' ? done : (done as { status: number }).status).toBeLessThan(300);
    expect(await reset(letter)).toBe(410);
  });

  it('an address they asked to move to before a reset is no longer theirs to take', async () => {
    const ada = await house.owner();
    const elsewhere = `${newId()}@example.org`;
    expect((await post('/v1/me/email', ada.accessToken, { email: elsewhere, password: ada.password })).status).toBe(202);
    const move = await tokenTo(smtp, elsewhere);
    const letter = await resetLetter(ada.email);
    expect(await reset(letter)).toBe(204);
    expect((await post('/v1/auth/change-email', undefined, { token: move })).status).toBe(410);
  });

  it('other people’s stay', async () => {
    const [ada, eve] = [await house.owner(), await house.owner()];
    const letter = await resetLetter(eve.email);
    await post('/v1/me/password', ada.accessToken, { currentPassword: ada.password, newPassword: 'another horse battery' });
    expect(await reset(letter)).toBe(204);
  });
});
