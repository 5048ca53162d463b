import { engines } from '#platform/testing';
import { House, type SignedInBody } from './house.js';

const sid = (token: string): string => (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sid: string }).sid;

describe.each(engines.slice(0, 1))('what another web page may try with a signed-in browser, on %s', (engine) => {
  let house: House;
  let ada: SignedInBody & { email: string; password: string };
  beforeAll(async () => {
    house = await House.open(engine);
    ada = await house.register();
  });
  afterAll(() => house?.close());

  const doors = () => [
    ['/v1/auth/login', { email: ada.email, password: ada.password }],
    ['/v1/auth/register', { tenantName: 'x', name: 'x', email: 'x@example.org', password: 'correct horse battery' }],
    ['/v1/auth/refresh', { refreshToken: ada.refreshToken }], ['/v1/auth/invitation/accept', { token: 'x', name: 'x', password: 'x' }],
    ['/v1/operator/sign-in', { email: ada.email, password: 'x' }],
  ] as const;

  it('signs nobody in by a form (login CSRF): only JSON opens a door, and no cookie remembers it', async () => {
    for (const [url, body] of doors()) {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
        const { status, headers } = await house.ask('POST', url, { body: JSON.stringify(body), headers: { 'content-type': type } });
        expect([url, type, status]).toEqual([url, type, type.startsWith('multipart') ? 400 : 415]);
        expect(headers['set-cookie']).toBeUndefined();
      }
      expect((await house.ask('POST', url, { body })).headers['set-cookie']).toBeUndefined();
    }
  });

  it('fixes no session: a sign-in is a new one, whatever credential or cookie came with it', async () => {
    const eve = await house.register();
    const login = (headers: Record<string, string>) =>
      house.ask('POST', '/v1/auth/login', { body: { email: ada.email, password: ada.password }, headers });
    const sessions = [];
    for (const headers of [{ authorization: `Bearer ${eve.accessToken}` }, { authorization: `Bearer ${eve.accessToken}` },
      { cookie: `session=${sid(eve.accessToken)}; sid=${sid(eve.accessToken)}` },
      { 'x-session-id': sid(eve.accessToken) }] as Record<string, string>[]) {
      const { status, body } = await login(headers);
      expect([status, body.userId]).toEqual([200, ada.userId]);
      sessions.push(sid(body.accessToken));
    }
    expect(new Set([...sessions, sid(eve.accessToken), sid(ada.accessToken)]).size).toBe(6);
    for (const field of ['sessionId', 'sid', 'session'])
      expect((await house.ask('POST', '/v1/auth/login',
        { body: { email: ada.email, password: ada.password, [field]: sid(eve.accessToken) } })).status).toBe(400);
  });

  it('reads no credential but the header: not from cookies, the query or the body', async () => {
    for (const [url, headers] of [['/v1/me', { cookie: `access_token=${ada.accessToken}; Authorization=Bearer ${ada.accessToken}` }],
      [`/v1/me?access_token=${ada.accessToken}`, {}], ['/v1/me', { 'x-access-token': ada.accessToken }]] as [string,
      Record<string, string>][]) {
      expect((await house.ask('GET', url, { headers })).status).toBe(401);
    }
  });

  it('lets no other page read answers, and none read them with credentials of the browser', async () => {
    const { headers } = await house.ask('GET', '/v1/me', { token: ada.accessToken, headers: { origin: 'https://evil.example' } });
    expect([headers['access-control-allow-origin'], headers['access-control-allow-credentials']]).toEqual([undefined, undefined]);
    const open = await House.open(engine, { ATOLL_CORS_ORIGINS: '*' });
    try {
      const answer = await open.ask('GET', '/.well-known/jwks.json', { headers: { origin: 'https://shop.example' } });
      expect([answer.headers['access-control-allow-origin'], answer.headers['access-control-allow-credentials']]).toEqual(['*', undefined]);
    } finally {
      await open.close();
    }
  });
});
