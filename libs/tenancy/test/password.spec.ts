import { newId } from '#platform/core';
import { Tenancy } from '#tenancy';
import { engines, eventually, SmtpServer } from '#platform/testing';
import { House } from './house.js';
import { NO_TEXTS, mangled, median, tokenTo } from './emails.js';

const NEXT = 'another horse battery';

describe.each(engines)('other passwords on %s', (engine) => {
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

  const ask = (email: unknown, from?: string) => house.ask('POST', '/v1/auth/password-reset', { body: { email }, from });
  const reset = (token: unknown, password: unknown = NEXT) =>
    house.ask('POST', '/v1/auth/password-reset/confirm', { body: { token, password } });
  const login = (email: string, password: string, more: object = {}) =>
    house.ask('POST', '/v1/auth/login', { body: { email, password, ...more } });
  const alive = async (token: string) => house.get(Tenancy).authenticate({ scheme: 'bearer', token }).then(() => true, () => false);

  it('an e-mail lets its reader choose a password, once, and ends every session in every tenant', async () => {
    const ada = await house.owner();
    const second = await house.owner({ email: ada.email, password: ada.password });
    expect((await ask(ada.email.toUpperCase())).status).toBe(202);
    const token = await tokenTo(smtp, ada.email, /password/i);
    expect((await reset(token)).status).toBe(204);
    expect([await alive(ada.accessToken), await alive(second.accessToken)]).toEqual([false, false]);
    expect((await house.ask('POST', '/v1/auth/refresh', { body: { refreshToken: second.refreshToken } })).status).toBe(401);
    expect((await login(ada.email, ada.password)).status).toBe(401);
    expect((await login(ada.email, NEXT, { tenantId: ada.tenant.id })).status).toBe(200);
    expect((await reset(token, 'a third horse battery')).status).toBe(410);
  });

  it('a used e-mail ends the others of that address', async () => {
    const ada = await house.owner();
    await ask(ada.email);
    const first = await tokenTo(smtp, ada.email);
    await ask(ada.email);
    const second = await eventually(async () => {
      const token = await tokenTo(smtp, ada.email);
      expect(token).not.toBe(first);
      return token;
    });
    expect((await reset(second)).status).toBe(204);
    expect((await reset(first, 'a third horse battery')).status).toBe(410);
  });

  it('mangled tokens, tokens of others and what is no text change nothing', async () => {
    const [ada, eve] = [await house.owner(), await house.owner()];
    await ask(eve.email);
    const token = await tokenTo(smtp, eve.email);
    for (const text of mangled(token)) expect((await reset(text)).status).toBe(410);
    for (const odd of NO_TEXTS) expect((await reset(odd)).status).toBe(400);
    for (const odd of [{ $ne: '' }, [NEXT], null, 7]) expect((await reset(token, odd)).status).toBe(400);
    expect((await house.ask('POST', '/v1/auth/password-reset/confirm', { body: { token, password: NEXT, email: ada.email } })).status)
      .toBe(400);
    expect((await house.ask('POST', '/v1/auth/verify-email', { body: { token } })).status).toBe(410);
    expect((await reset(token, 'password123')).status).toBe(400);
    expect((await login(ada.email, ada.password)).status).toBe(200);
    expect((await login(eve.email, eve.password)).status).toBe(200);
    expect((await reset(token)).status).toBe(204);
  });

  it('an unknown address looks like a known one, and gets no e-mail', async () => {
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
    const seen = new Set<string>();
    const nobody: string[] = [];
    for (let at = 0; at < 10; at += 1) {
      for (const kind of ['known', 'unknown'] as const) {
        const email = kind === 'known' ? (await house.owner()).email : `${newId()}@example.org`;
        if (kind === 'unknown') nobody.push(email);
        const started = performance.now();
        const { status, body, headers } = await ask(email, `198.51.100.${at * 2 + (kind === 'known' ? 0 : 1)}`);
        times[kind].push(performance.now() - started);
        seen.add(JSON.stringify([status, body, Object.keys(headers).sort()]));
        if (kind === 'known') await tokenTo(smtp, email);
      }
    }
    expect(seen.size).toBe(1);
    const ratio = median(times.known) / median(times.unknown);
    expect(ratio).toBeGreaterThan(0.33);
    expect(ratio).toBeLessThan(3);
    expect(smtp.received.some(({ to }) => nobody.includes(to[0]!))).toBe(false);
  });

  it('a person who knows their password changes it, and stays signed in here alone', async () => {
    const ada = await house.owner();
    const laptop = (await login(ada.email, ada.password)).body;
    const change = (currentPassword: unknown, newPassword: unknown) =>
      house.ask('POST', '/v1/me/password', { token: ada.accessToken, body: { currentPassword, newPassword } });
    expect(await change('wrong horse battery', NEXT))
      .toMatchObject({ status: 403, body: { type: 'urn:atoll:problem:tenancy.wrong-password' } });
    expect((await change(ada.password, 'password123')).status).toBe(400);
    expect((await change({ $ne: '' }, NEXT)).status).toBe(400);
    expect((await change(ada.password, NEXT)).status).toBe(204);
    expect([await alive(ada.accessToken), await alive(laptop.accessToken)]).toEqual([true, false]);
    expect((await login(ada.email, NEXT)).status).toBe(200);
  });

  it('lists sessions and ends one, the others, or all', async () => {
    const ada = await house.owner();
    const device = (name: string) =>
      house.ask('POST', '/v1/auth/login', { body: { email: ada.email, password: ada.password }, headers: { 'user-agent': name } });
    const [phone, tablet] = [(await device('Phone')).body, (await device('Tablet')).body];
    const stranger = await house.owner();
    const list = async () => (await house.ask('GET', '/v1/me/sessions', { token: ada.accessToken })).body.items as { id: string;
      device: string; current: boolean; lastUsedAt: string }[];
    const sessions = await list();
    expect(sessions).toHaveLength(3);
    expect(sessions.map(({ device: name }) => name).slice(0, 2)).toEqual(['Tablet', 'Phone']);
    expect(sessions.filter(({ current }) => current)).toHaveLength(1);
    const phoneId = sessions.find(({ device: name }) => name === 'Phone')!.id;
    const end = (token: string, id: string) => house.ask('DELETE', `/v1/me/sessions/${id}`, { token });
    const [foreign, unknown] = [await end(stranger.accessToken, phoneId), await end(stranger.accessToken, newId())];
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, requestId: '', instance: '' }).toEqual({ ...unknown.body, requestId: '', instance: '' });
    expect((await end(ada.accessToken, phoneId)).status).toBe(204);
    expect([await alive(phone.accessToken), await alive(tablet.accessToken)]).toEqual([false, true]);
    expect((await house.ask('DELETE', '/v1/me/sessions', { token: ada.accessToken })).status).toBe(204);
    expect([await alive(tablet.accessToken), await alive(ada.accessToken)]).toEqual([false, true]);
    expect((await house.ask('POST', '/v1/auth/logout', { token: ada.accessToken, body: { all: true } })).status).toBe(204);
    expect(await alive(ada.accessToken)).toBe(false);
  });
});
