import { newId } from '#platform/core';
import { Tenancy } from '#tenancy';
import { engines } from '#platform/testing';
import { House } from './house.js';

describe.each(engines)('what ended is told on %s', (engine) => {
  let house: House;
  beforeAll(async () => {
    house = await House.open(engine);
  });
  afterAll(() => house?.close());

  const subjects = async () => (await house.get(Tenancy).ended({ seconds: 60 })).map(({ subject }) => subject);
  const sid = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sid as string;

  it('sessions that are signed out, keys that are revoked', async () => {
    const ada = await house.register();
    const other = (await house.ask('POST', '/v1/auth/login', { body: { email: ada.email, password: ada.password } })).body;
    const key = (await house.ask('POST', '/v1/api-keys', { token: ada.accessToken, body: { name: 'k', scopes: ['*'] } })).body;
    await house.ask('POST', '/v1/auth/logout', { token: other.accessToken, body: {} });
    await house.ask('DELETE', `/v1/api-keys/${key.id}`, { token: ada.accessToken });
    const told = await subjects();
    expect(told).toEqual(expect.arrayContaining([sid(other.accessToken), key.id]));
    expect(told).not.toContain(sid(ada.accessToken));
  });

  it('is effective at the next request of this process, without waiting for the cache', async () => {
    const ada = await house.register();
    const other = (await house.ask('POST', '/v1/auth/login', { body: { email: ada.email, password: ada.password } })).body;
    const me = (token: string) => house.ask('GET', '/v1/me', { token });
    expect((await me(other.accessToken)).status).toBe(200);
    await house.ask('POST', '/v1/auth/logout', { token: ada.accessToken, body: { all: true } });
    expect((await me(other.accessToken)).status).toBe(401);
  });

  it('a notice of a change that was rolled back is never given', async () => {
    const { RevocationService } = await import('../src/access/revocation.service.js');
    const ada = await house.register();
    const subject = newId();
    await house.inTenant(ada.tenant.id, () => house.db.tx(async () => {
      await house.get(RevocationService).note(subject);
      throw new Error('no');
    })).catch(() => undefined);
    expect(await subjects()).not.toContain(subject);
    await house.inTenant(ada.tenant.id, () => house.get(RevocationService).note(subject));
    expect(await subjects()).toContain(subject);
  });
});
