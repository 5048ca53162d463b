import { newId } from '#platform/core';
import { AuthenticatorApp, engines, eventually, SmtpServer } from '#platform/testing';
import { House, type SignedInBody } from './house.js';
import { NO_TEXTS, mangled, tokenTo } from './emails.js';

type Person = SignedInBody & { email: string; password: string };

describe.each(engines)('another address on %s', (engine) => {
  let smtp: SmtpServer;
  let house: House;
  beforeAll(async () => {
    smtp = await SmtpServer.start();
    house = await House.open(engine, { ...smtp.env, ATOLL_EMAIL_VERIFICATION: 'required' });
  });
  afterAll(async () => {
    await house?.close();
    await smtp?.stop();
  });

  const fresh = () => `${newId()}@example.org`;
  const ask = ({ accessToken: token, password }: Person, email: unknown, more: object = {}) =>
    house.ask('POST', '/v1/me/email', { token, body: { email, password, ...more } });
  const confirm = (token: unknown) => house.ask('POST', '/v1/auth/change-email', { body: { token } });
  const login = (email: string, password: string, tenantId: string) =>
    house.ask('POST', '/v1/auth/login', { body: { email, password, tenantId } });

  it('is asked for with the password, proven by its mailbox, and told to the old one; then all tenants know it', async () => {
    const ada = await house.owner();
    const second = await house.owner({ tenantName: 'Second', email: ada.email, password: ada.password });
    const email = fresh();
    expect((await ask(ada, email, { password: 'not my password' })).status).toBe(403);
    await house.ask('POST', '/v1/auth/password-reset', { body: { email: ada.email } });
    const reset = await tokenTo(smtp, ada.email);
    const { status, body } = await ask(ada, email.toUpperCase());
    expect([status, body.next]).toEqual([202, 'read-your-mail']);
    const token = await tokenTo(smtp, email, /Confirm/);
    expect((await house.ask('GET', '/v1/me', { token: ada.accessToken })).body.user.email).toBe(ada.email);
    for (const odd of [...mangled(token), ...NO_TEXTS]) expect((await confirm(odd)).status).not.toBe(200);
    expect((await house.ask('POST', '/v1/auth/verify-email', { body: { token } })).status).toBe(410);
    const answers = await Promise.all([confirm(token), confirm(token)]);
    expect(answers.map((one) => one.status).sort()).toEqual([200, 410]);
    for (const { accessToken } of [ada, second])
      expect((await house.ask('GET', '/v1/me', { token: accessToken })).body).toMatchObject({ user: { email }, emailVerified: true });
    await eventually(() => expect(smtp.to(ada.email).subject).toContain('was changed'));
    expect((await login(ada.email, ada.password, ada.tenant.id)).status).toBe(401);
    expect((await login(email, ada.password, ada.tenant.id)).status).toBe(200);
    expect((await house.ask('POST', '/v1/auth/password-reset/confirm',
      { body: { token: reset, password: 'another correct horse' } })).status).toBe(410);
  });

  it('an address that has an account looks the same to who asks, and is told to its mailbox alone', async () => {
    const [ada, eve] = [await house.owner(), await house.owner()];
    const answers = [await ask(ada, eve.email), await ask(ada, fresh())];
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    await eventually(() => expect(smtp.to(eve.email).subject).toBe('This address has an account'));
    expect(smtp.to(eve.email).text).not.toContain('#token');
    const meanwhile = fresh();
    await ask(ada, meanwhile);
    const token = await tokenTo(smtp, meanwhile);
    await house.owner({ email: meanwhile });
    expect((await confirm(token)).status).toBe(409);
    expect((await house.ask('GET', '/v1/me', { token: ada.accessToken })).body.user.email).toBe(ada.email);
  });

  it('needs the second factor of who has one, and an address', async () => {
    const ada = await house.owner();
    const app = new AuthenticatorApp((await house.ask('POST', '/v1/me/second-factor',
      { token: ada.accessToken, body: { password: ada.password } })).body.secret);
    await house.ask('POST', '/v1/me/second-factor/confirm', { token: ada.accessToken, body: { code: app.next() } });
    for (const more of [{}, { code: app.wrong() }]) expect((await ask(ada, fresh(), more)).status).toBe(403);
    expect((await ask(ada, fresh(), { code: app.next() })).status).toBe(202);
    for (const odd of ['x', 7, null, { $ne: '' }, [fresh()], `${'x'.repeat(250)}@example.org`])
      expect((await ask(ada, odd)).status).toBe(400);
  });
});
