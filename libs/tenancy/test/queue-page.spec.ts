import { Secrets } from '#platform/core';
import { eventually, startRedis, type TestRedis } from '#platform/testing';
import { House } from './house.js';
import { newOperator, type Operator } from './operators.js';

const PAGE = '/operator/queues';
/** Of an event, a job and a schedule, and one of the platform. */
const HANDLERS = ['tenancy.append-audit', 'tenancy.send-invitation', 'tenancy.tidy', 'kernel.forget-answers'];

describe('the page of the queues', () => {
  let redis: TestRedis;
  let house: House;
  let base: string;
  let olga: Operator;

  beforeAll(async () => {
    redis = await startRedis();
    house = await House.open('postgres', { REDIS_URL: redis.url });
    base = await house.listen();
    olga = await newOperator(house);
  });
  afterAll(async () => {
    await house?.close();
    await redis?.close();
  });

  const open = (token?: string) => house.ask('POST', '/v1/operator/queues', { token });
  const look = (path: string, cookie?: string, method = 'GET') => fetch(base + path, { method, headers: cookie ? { cookie } : {} });
  const cookieOf = async (token: string) => (await open(token)).headers['set-cookie']!.split(';')[0]!;
  const unknown = async (answer: Response) => {
    const { requestId: _one, instance: _path, ...problem } = await answer.json() as Record<string, unknown>;
    return { status: answer.status, problem };
  };

  it('gives its cookie to operators alone, and for the page alone', async () => {
    const { accessToken } = await house.register();
    for (const [token, status] of [[undefined, 401], [accessToken, 403]] as const) {
      const answer = await open(token);
      expect([answer.status, answer.headers['set-cookie']]).toEqual([status, undefined]);
    }
    const { status, headers, body } = await open(olga.token);
    expect([status, body]).toEqual([200, { url: PAGE, expiresAt: expect.any(String) }]);
    expect(Date.parse(body.expiresAt) - Date.now()).toBeLessThanOrEqual(900_000);
    expect(headers['set-cookie']).toMatch(/^atoll-queues=[\w-]+; Path=\/operator\/queues; HttpOnly; SameSite=Strict; Max-Age=900$/);
    expect(headers['set-cookie']).not.toContain(olga.token);
  });

  it('shows an operator every handler’s queue, with nothing of another origin', async () => {
    const cookie = await cookieOf(olga.token);
    const page = await look(PAGE, cookie);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    const html = await page.text();
    expect(html).toContain(`<base href="${PAGE}/" />`);
    const scripts = [...html.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, src]) => src);
    expect(scripts.length).toBeGreaterThan(0);
    for (const src of scripts) {
      const script = await look(`${PAGE}/${src}`, cookie);
      expect([script.status, script.headers.get('content-type')]).toEqual([200, expect.stringContaining('javascript')]);
    }
    await eventually(async () => {
      const { queues } = await (await look(`${PAGE}/api/queues`, cookie)).json() as { queues: Record<string, unknown>[] };
      expect(queues.length).toBeGreaterThan(15);
      expect(queues.map(({ name }) => name)).toEqual(expect.arrayContaining(HANDLERS));
      expect(queues.every(({ readOnlyMode, allowRetries }) => readOnlyMode === true && allowRetries === false)).toBe(true);
    });
  });

  it('is an unknown page to everybody else, and changes nothing for anybody', async () => {
    const nobodys = await unknown(await look('/operator/nothing'));
    expect(nobodys.status).toBe(404);
    const cookie = await cookieOf(olga.token);
    const sealed = (purpose: string, text: string) => `atoll-queues=${house.get(Secrets).seal(purpose, text)}`;
    const { accessToken } = await house.register();
    const later = Date.now() + 60_000;
    expect((await look(PAGE, sealed('kernel.queue-page', `${later} ${olga.token}`))).status).toBe(200);
    const refused = [undefined, 'atoll-queues=', 'atoll-queues=x', `${cookie}x`, `${cookie.slice(0, -5)}AAAAA`, `other=1; x${cookie}`,
      `atoll-queues=${olga.token}`, sealed('kernel.queue-page', `${Date.now() - 1} ${olga.token}`),
      sealed('kernel.queue-page', `${later} ${accessToken}`), sealed('kernel.queue-page', `NaN ${olga.token}`),
      sealed('kernel.other', `${later} ${olga.token}`)];
    for (const one of refused) {
      for (const path of ['', '/', '/api/queues', '/static/favicon-32x32.png', '/queue/x'])
        expect([one, path, await unknown(await look(PAGE + path, one))]).toEqual([one, path, nobodys]);
    }
    const paths = ['', '/api/queues/pause', '/api/queues/tenancy.cleanup:1/obliterate', '/api/queues/tenancy.cleanup:1/add'];
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const path of paths) expect([method, path, (await look(PAGE + path, cookie, method)).status]).toEqual([method, path, 405]);
    }
    for (const path of ['/nothing/of/it', 's', '/../queuesx']) expect((await look(PAGE + path, cookie)).status).toBe(404);
  });

  it('closes with the session that opened it', async () => {
    const { token } = await newOperator(house);
    const cookie = await cookieOf(token);
    expect((await look(PAGE, cookie)).status).toBe(200);
    await house.ask('POST', '/v1/operator/sign-out', { token });
    expect((await look(PAGE, cookie)).status).toBe(404);
  });

  it('says so while Redis is silent', async () => {
    const cookie = await cookieOf(olga.token);
    redis.signal!('SIGSTOP');
    try {
      const answer = await look(`${PAGE}/api/queues`, cookie);
      expect([answer.status, await answer.json()])
        .toEqual([503, expect.objectContaining({ type: 'urn:atoll:problem:kernel.queues-silent' })]);
    } finally {
      redis.signal!('SIGCONT');
    }
    await eventually(async () => expect((await look(`${PAGE}/api/queues`, cookie)).status).toBe(200));
  });
});

it('is not there where no Redis is', async () => {
  const house = await House.open('embedded');
  try {
    const { token } = await newOperator(house);
    const { status, body, headers } = await house.ask('POST', '/v1/operator/queues', { token });
    expect([status, body.type, headers['set-cookie']]).toEqual([404, 'urn:atoll:problem:kernel.no-queue-page', undefined]);
    expect((await house.ask('GET', PAGE)).status).toBe(404);
  } finally {
    await house.close();
  }
});
