import { once } from 'node:events';
import { connect } from 'node:net';
import { RateLimit } from '../guard/rate-limit.js';
import { as, edgeFixture, type EdgeFixture } from '../../test/edge.fixture.js';

async function say(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString()));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

describe('a quota a minute', () => {
  it('is whole at any moment of the clock', () => {
    for (let at = 0; at < 2_000; at++) {
      const limit = new RateLimit('caller', 7);
      const now = 1_000 * Math.sqrt(at);
      const verdicts = Array.from({ length: 8 }, () => limit.decide(limit.state('a'), now));
      expect(verdicts.map(({ left }) => left)).toEqual([6, 5, 4, 3, 2, 1, 0, -1]);
      expect(verdicts.map(({ resetSeconds }) => resetSeconds)).toEqual([9, 18, 26, 35, 43, 52, 60, 60]);
    }
  });
});

describe('limits of the edge', () => {
  let fixture: EdgeFixture;
  let url: string;
  const get = async (path: string, headers: Record<string, string> = {}) => fixture.server.inject({ url: path, headers });
  const open = async (http: NonNullable<Parameters<typeof edgeFixture>[0]>['http']): Promise<void> => {
    fixture = await edgeFixture({ http });
    url = await fixture.edge.listen();
  };
  afterEach(() => fixture.edge.close());

  it('tells all quotas a caller brings, counts costly routes apart, and takes nothing of the wide ones for what a narrow one ' +
    'refuses', async () => {
    await open({ ratePerMinute: 100 });
    const ask = (path: string) => get(path, as('a::answers=2,tenant=5'));
    const answers = [await ask('/things/costly'), await ask('/things/costly'), await ask('/things/costly')];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429]);
    expect(answers[0]!.headers).toMatchObject({ ratelimit: '"answers";r=1;t=30, "tenant";r=4;t=12, "caller";r=99;t=1',
      'ratelimit-policy': '"answers";q=2;w=60, "tenant";q=5;w=60, "caller";q=100;w=60' });
    expect(answers[2]!.headers)
      .toMatchObject({ 'retry-after': expect.stringMatching(/^(29|30)$/), 'ratelimit-policy': '"answers";q=2;w=60' });
    expect(answers[2]!.json()).toMatchObject({ status: 429, type: 'urn:atoll:problem:kernel.rate-limited',
      detail: expect.stringContaining('your tenant to routes that answer') });
    const others = [];
    for (let at = 0; at < 4; at++) others.push(await ask('/things/mine'));
    expect(others.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 429]);
    expect(others[0]!.headers.ratelimit).toMatch(/^"tenant";r=2;t=\d+, "caller";r=97;t=\d+$/);
  });

  it('tells every caller its quota, and refuses what is beyond it for as long as it says', async () => {
    await open({ ratePerMinute: 5 });
    const answers = [];
    for (let at = 0; at < 7; at++) answers.push(await get('/things/mine', as('a:')));
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 200, 200, 200, 429, 429]);
    expect(answers.map((answer) => /r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1])).toEqual(['4', '3', '2', '1', '0', '0', '0']);
    expect(answers[0]!.headers['ratelimit-policy']).toBe('"caller";q=5;w=60');
    expect(answers[5]!.json()).toMatchObject({ type: 'urn:atoll:problem:kernel.rate-limited', retryAfterSeconds: expect.any(Number) });
    expect(Number(answers[5]!.headers['retry-after'])).toBeGreaterThan(0);
    expect((await get('/things/mine', as('b:'))).statusCode).toBe(200);
    expect((await get('/things/mine', as('a:other'))).statusCode).toBe(200);
  });

  it('slows down an address that guesses tokens, and not its callers that are known', async () => {
    await open({ publicRatePerMinute: 5 });
    await get('/things/mine', as('a:'));
    const guesses = [];
    for (let at = 0; at < 8; at++) guesses.push((await get('/things/mine', as(`guess${at}:`))).statusCode);
    expect(guesses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect(fixture.authenticator.asked).toBe(6);
    expect((await get('/things/mine', as('a:'))).statusCode).toBe(200);
    expect((await get('/things/open')).statusCode).toBe(429);
  });

  it('counts the address behind a proxy it trusts, and no other', async () => {
    await open({ publicRatePerMinute: 1, trustProxy: ['127.0.0.1'] });
    expect((await get('/things/open', { 'x-forwarded-for': '1.1.1.1' })).statusCode).toBe(200);
    expect((await get('/things/open', { 'x-forwarded-for': '1.1.1.1' })).statusCode).toBe(429);
    expect((await get('/things/open', { 'x-forwarded-for': '2.2.2.2' })).statusCode).toBe(200);
    for (const same of ['1.1.1.1:50000', '1.1.1.1:50001', '::ffff:1.1.1.1', '[::ffff:1.1.1.1]:443', '9.9.9.9, 1.1.1.1:50002',
      '1.1.1.1, 127.0.0.1:8080'])
      expect((await get('/things/open', { 'x-forwarded-for': same })).statusCode).toBe(429);
    expect((await get('/things/open', { 'x-forwarded-for': '[2001:db8:1:2::1]:443' })).statusCode).toBe(200);
    for (const same of ['2001:db8:1:2::1', '2001:DB8:1:2::1%eth0', '[2001:0db8:1:2:aaaa:bbbb:cccc:dddd]:1'])
      expect((await get('/things/open', { 'x-forwarded-for': same })).statusCode).toBe(429);
    expect((await get('/things/open', { 'x-forwarded-for': '2001:db8:1:3::1' })).statusCode).toBe(200);
    await fixture.edge.close();
    await open({ publicRatePerMinute: 1 });
    expect((await get('/things/open', { 'x-forwarded-for': '1.1.1.1' })).statusCode).toBe(200);
    expect((await get('/things/open', { 'x-forwarded-for': '2.2.2.2' })).statusCode).toBe(429);
  });

  it('answers no other origin unless told, and then that one alone', async () => {
    await open({});
    expect((await get('/things/open', { origin: 'https://a.example' })).headers['access-control-allow-origin']).toBeUndefined();
    await fixture.edge.close();
    await open({ corsOrigins: ['https://a.example'] });
    expect((await get('/things/open', { origin: 'https://a.example' })).headers)
      .toMatchObject({ 'access-control-allow-origin': 'https://a.example', vary: 'Origin' });
    expect((await get('/things/open', { origin: 'https://b.example' })).headers['access-control-allow-origin'])
      .not.toBe('https://b.example');
    const preflight = await fixture.server.inject({ method: 'OPTIONS', url: '/things',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization' } });
    expect([preflight.statusCode, preflight.headers['access-control-allow-methods']]).toEqual([204, expect.stringContaining('POST')]);
  });

  it.each([
    ['no HTTP', 'HELLO\r\n\r\n', 400],
    ['two lengths', 'POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', 400],
    ['length and chunks', 'POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['endless headers', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 413],
    ['no host', 'GET /health/live HTTP/1.1\r\n\r\n', 400],
  ])('answers %s on the wire and closes', async (_name, text, status) => {
    await open({});
    const answer = await say(url, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer.toLowerCase()).toContain('connection: close');
  });

  it('tells a client whose request did not arrive whole in time', async () => {
    await open({});
    // Node looks for such requests every 30 s and reports them like this.
    const { server } = fixture.server;
    server.once('connection', (socket) =>
      socket.once('data', () =>
        server.emit('clientError', Object.assign(new Error('slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket)));
    const answer = await say(url, 'POST /things HTTP/1.1\r\nhost: x\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('urn:atoll:problem:kernel.request-timeout');
  });

  it('stops reading a body that is too large, whatever it says of its length', async () => {
    await open({ bodyLimit: 1_024 });
    const head = 'POST /things HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a:*\r\ncontent-type: application/json\r\nconnection: close\r\n';
    expect(await say(url, `${head}content-length: 100000000\r\n\r\n{`)).toContain('413');
    expect(await say(url, `${head}transfer-encoding: chunked\r\n\r\n${`400\r\n${'x'.repeat(1_024)}\r\n`.repeat(4)}`)).toContain('413');
  });
});
