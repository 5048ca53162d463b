import { newId } from '#platform/core';
import { engines, eventually } from '#platform/testing';
import { Tenancy } from '#tenancy';
import { House, type SignedInBody } from './house.js';

const PAGE = 'https://shop.example';

describe.each(engines)('widgets and their visitors on %s', (engine) => {
  let house: House;
  let ada: SignedInBody;
  const agentId = newId();
  beforeAll(async () => {
    house = await House.open(engine);
    ada = await house.register();
  });
  afterAll(() => house?.close());

  const ask = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, body?: object, token = ada.accessToken) =>
    house.ask(method, url, { token, ...(body && { body }) });
  const widget = async (change: object = {}) => (await ask('POST', '/v1/widgets',
    { name: 'Shop', agentId, origins: [PAGE, 'http://localhost:5173'], ...change })).body as { id: string; key: string };
  const welcome = (key: string, headers: Record<string, string> = { origin: PAGE }, visitorToken?: string) =>
    house.ask('POST', '/v1/visitor-tokens', { body: { key, ...(visitorToken && { visitorToken }) }, headers });
  const principal = (token: string) => house.get(Tenancy).authenticate({ scheme: 'bearer', token });
  const alive = (token: string) => principal(token).then(() => true, () => false);

  it('gives a visitor of its page a token for one agent, short and narrow', async () => {
    const { id, key } = await widget();
    expect(key).toMatch(/^atw_/);
    const { status, body } = await welcome(key);
    expect([status, body]).toMatchObject([200, { tokenType: 'Bearer', expiresIn: 900, agentId }]);
    expect(await principal(body.token)).toMatchObject({
      tenantId: ada.tenant.id, credentialId: id, origin: PAGE,
      actor: { kind: 'visitor', id: body.visitorId, agentId,
        permissions: ['agent.runs.read', 'agent.runs.write', 'agent.feedback.write', 'memory.conversations.read',
          'memory.conversations.write'] },
      quotas: [{ name: 'visitor', id: body.visitorId, perMinute: 60 }, { name: 'widget', id, perMinute: 600 }],
    });
    for (const url of ['/v1/me', '/v1/tenant', '/v1/members', '/v1/api-keys', '/v1/widgets', '/v1/me/sessions', '/v1/audit']) {
      expect([url, (await house.ask('GET', url, { token: body.token, headers: { origin: PAGE } })).status]).toEqual([url, 403]);
    }
  });

  it.each([
    ['another page', { origin: 'https://evil.example' }], ['no page', {}], ['a page that is no origin', { origin: 'null' }],
    ['a page that begins alike', { origin: `${PAGE}.evil.example` }],
    ['another port', { origin: `${PAGE}:8443` }], ['another scheme', { origin: 'http://shop.example' }],
    ['a referer elsewhere', { referer: `https://evil.example/?${PAGE}` }],
    ['an origin that the referer contradicts', { origin: 'https://evil.example', referer: `${PAGE}/` }],
  ])('gives nothing to %s, and its token opens nothing from there', async (_name, headers) => {
    const { key } = await widget();
    expect(await welcome(key, headers)).toMatchObject({ status: 403, body: { type: 'urn:atoll:problem:tenancy.widget-origin' } });
    const { token } = (await welcome(key, { referer: `${PAGE}/shoes?x=1` })).body;
    expect((await house.ask('GET', '/v1/me', { token, headers })).body.type).toBe('urn:atoll:problem:kernel.other-origin');
    expect((await house.ask('GET', '/v1/me', { token, headers: { origin: PAGE } })).body.type)
      .toBe('urn:atoll:problem:kernel.members-only');
  });

  it('knows a visitor who comes back, and nobody else as them', async () => {
    const [{ key, id }, other] = [await widget(), await widget()];
    const first = (await welcome(key)).body;
    expect((await welcome(key, undefined, first.token)).body.visitorId).toBe(first.visitorId);
    expect((await welcome(key, { origin: 'http://localhost:5173' }, first.token)).body.visitorId).not.toBe(first.visitorId);
    expect((await welcome(other.key, undefined, first.token)).body.visitorId).not.toBe(first.visitorId);
    const [name, signature] = first.token.split('.') as [string, string];
    const bent = `atv_${Buffer.from(Buffer.from(name.slice(4), 'base64url').toString().replace(first.visitorId, newId()))
      .toString('base64url')}.${signature}`;
    for (const token of [bent, name, `${name}.`, `${first.token}x`, 'atv_', 'x'.repeat(1_024)]) {
      expect((await welcome(key, undefined, token)).body.visitorId).not.toBe(first.visitorId);
      expect(await alive(token)).toBe(false);
    }
    expect((await ask('GET', `/v1/widgets/${id}/usage`)).body.items)
      .toEqual([{ day: new Date().toISOString().slice(0, 10), visitors: 8, tokens: 9 }]);
  });

  it('ends its visits when it is disabled, rekeyed, moved, deleted, or its tenant is suspended', async () => {
    const visit = async () => {
      const made = await widget();
      return { ...made, token: (await welcome(made.key)).body.token as string };
    };
    const [disabled, rekeyed, moved, deleted] = [await visit(), await visit(), await visit(), await visit()];
    await ask('PATCH', `/v1/widgets/${disabled.id}`, { status: 'disabled' });
    const renewed = (await ask('POST', `/v1/widgets/${rekeyed.id}/rekey`)).body.key as string;
    await ask('PATCH', `/v1/widgets/${moved.id}`, { origins: ['https://other.example'] });
    await ask('DELETE', `/v1/widgets/${deleted.id}`);
    for (const { token, key } of [disabled, rekeyed, moved, deleted]) {
      expect(await alive(token)).toBe(false);
      expect((await welcome(key)).status).toBe(key === moved.key ? 403 : 401);
    }
    expect((await welcome(renewed)).status).toBe(200);
    const stranger = await house.register();
    const made = (await ask('POST', '/v1/widgets', { name: 'Shop', agentId, origins: [PAGE] }, stranger.accessToken)).body;
    const { token } = (await welcome(made.key)).body;
    await house.inTenant(stranger.tenant.id, () => house.get(Tenancy).suspend({ reason: 'unpaid' }));
    expect([await alive(token), (await welcome(made.key)).status]).toEqual([false, 401]);
  });

  it('ends with its time', async () => {
    const { key } = await widget();
    const { token, visitorId } = (await welcome(key)).body;
    const now = Date.now;
    try {
      Date.now = () => now() + 901_000;
      expect(await alive(token)).toBe(false);
      expect((await welcome(key, undefined, token)).body.visitorId).toBe(visitorId);
      Date.now = () => now() + 31 * 86_400_000;
      expect((await welcome(key, undefined, token)).body.visitorId).not.toBe(visitorId);
    } finally {
      Date.now = now;
    }
  });

  it('counts requests by visitor and by widget, and tokens by widget', async () => {
    const { key } = await widget({ perVisitorMinute: 2, perMinute: 5 });
    const [one, two] = [(await welcome(key)).body.token, (await welcome(key)).body.token];
    const codes = async (token: string, times: number) => {
      const answers = [];
      for (let at = 0; at < times; at++) answers.push(await house.ask('GET', '/v1/me', { token, headers: { origin: PAGE } }));
      return answers.map(({ status, headers }) => `${status} ${/^"\w+"/.exec(headers['ratelimit'] ?? '')?.[0]}`);
    };
    expect(await codes(one, 3)).toEqual(['403 "visitor"', '403 "visitor"', '429 "visitor"']);
    expect(await codes(two, 2)).toEqual(['403 "visitor"', '403 "visitor"']);
    const answers = [];
    for (let at = 0; at < 12; at++) answers.push((await welcome(key)).status);
    expect(answers.filter((status) => status === 429).length).toBeGreaterThan(0);
    expect(answers.filter((status) => status === 200).length).toBeLessThanOrEqual(10);
  });

  it.each([[{ origins: [] }], [{ origins: ['*'] }], [{ origins: ['https://shop.example/'] }], [{ origins: ['https://*.example'] }],
    [{ origins: ['javascript:alert(1)'] }], [{ origins: 'https://shop.example' }], [{ agentId: 'x' }], [{ perMinute: 0 }],
    [{ tenantId: newId() }], [{ key: 'mine' }]])('refuses %j', async (change) => {
    expect((await ask('POST', '/v1/widgets', { name: 'Shop', agentId, origins: [PAGE], ...change })).status).toBe(400);
  });

  it('another tenant’s widget is unknown, and its key cannot be guessed', async () => {
    const eve = await house.register();
    const { id, key } = await widget();
    for (const [method, url, body] of [['GET', '', undefined], ['GET', '/usage', undefined], ['PATCH', '', { name: 'x' }],
      ['POST', '/rekey', {}], ['DELETE', '', undefined]] as const) {
      const [foreign, unknown] = await Promise.all(
        [id, newId()].map((one) => ask(method, `/v1/widgets/${one}${url}`, body, eve.accessToken)));
      expect([foreign!.status, foreign!.body.detail]).toEqual([404, unknown!.body.detail]);
    }
    for (const bent of [key.slice(0, -1), `${key.slice(0, -2)}AA`, key.replace('atw_', 'atl_'), 'atw_x'])
      expect((await welcome(bent)).status).toBe(401);
    await eventually(async () => expect((await ask('GET', `/v1/widgets/${id}`)).body.key).toBe(key));
  });
});
