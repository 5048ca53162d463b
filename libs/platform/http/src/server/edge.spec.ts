import { Controller, Get } from '@nestjs/common';
import { as, edgeFixture, type EdgeFixture, TENANTS } from '../../test/edge.fixture.js';

const ID = '01900000-0000-7000-8000-000000000001';
const PROBLEM = 'application/problem+json';

describe('edge', () => {
  let fixture: EdgeFixture;
  const get = (url: string, headers: Record<string, string> = {}) => fixture.server.inject({ url, headers });
  const post = (body: string | object, headers: Record<string, string> = {}) =>
    fixture.server.inject({ method: 'POST', url: '/things',
      headers: { ...as('a:things.write'), 'content-type': 'application/json', ...headers }, payload: body });

  beforeAll(async () => {
    fixture = await edgeFixture({ http: { bodyLimit: 2_048 } });
  });
  afterAll(() => fixture.edge.close());

  describe('the flow', () => {
    it('has the tenant of the credential, whatever headers say', async () => {
      const answer = await get('/things/mine', { ...as('a:'), 'x-tenant-id': TENANTS.b!, 'x-tenant': TENANTS.b!, tenant: TENANTS.b! });
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toMatchObject({ tenantId: TENANTS.a, actor: 'user-a', requestId: answer.headers['x-request-id'] });
    });

    it('has no tenant on a public route, even with a credential', async () => {
      expect((await get('/things/open', as('a:'))).json()).toEqual({ tenant: null });
    });

    it('goes on with the trace of the caller under a span of its own', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const told = (await get('/things/mine', { ...as('a:'), traceparent })).json<{ traceparent: string }>().traceparent;
      expect(told).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
      expect(told).not.toBe(traceparent);
    });

    it.each(['', 'garbage', '00-00000000000000000000000000000000-b7ad6b7169203331-01',
      'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'])('makes a trace of its own for traceparent "%s"', async (traceparent) => {
      const told = (await get('/things/mine', { ...as('a:'), traceparent })).json<{ traceparent: string }>().traceparent;
      expect(told).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(told).not.toContain('0af7651916cd43dd8448eb211c80319c');
    });

    it('never mixes tenants of requests that overlap', async () => {
      fixture.authenticator.delayMs = 3;
      const answers = await Promise.all(Array.from({ length: 200 }, (_, at) => get('/things/mine', as(at % 2 ? `a:p${at}` : `b:p${at}`))));
      fixture.authenticator.delayMs = 0;
      answers.forEach((answer, at) => expect(answer.json().tenantId).toBe(at % 2 ? TENANTS.a : TENANTS.b));
    });
  });

  describe('request guard', () => {
    it('asks for a credential and says how', async () => {
      const answer = await get('/things/mine');
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="atoll"');
      expect(answer.headers['content-type']).toContain(PROBLEM);
      expect(answer.json()).toMatchObject({ type: 'urn:atoll:problem:kernel.unauthenticated', status: 401, instance: '/things/mine',
        requestId: answer.headers['x-request-id'] });
    });

    it.each(['Basic YTpi', 'Bearer', 'Bearer ', 'bearer', `Bearer ${'x'.repeat(9_000)}`])(
      'takes "%s" for no credential', async (authorization) => {
      expect((await get('/things/mine', { authorization })).statusCode).toBe(401);
    });

    it('refuses a token that does not verify as invalid', async () => {
      const answer = await get('/things/mine', as('nobody:'));
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
    });

    it('names the permission that is missing', async () => {
      const answer = await get('/things', as('a:other.read'));
      expect(answer.statusCode).toBe(403);
      expect(answer.headers['www-authenticate']).toContain('scope="things.read"');
      expect(answer.json()).toMatchObject({ code: 'forbidden', missing: ['things.read'] });
    });

    it('lets * do everything', async () => {
      expect((await get('/things', as('a:*'))).statusCode).toBe(200);
    });

    it('refuses before it reads the body', async () => {
      const answer = await fixture.server.inject({ method: 'POST', url: '/things', headers: { 'content-type': 'application/json' },
        payload: '{broken' });
      expect(answer.statusCode).toBe(401);
    });

    it('verifies a token once for many requests, also for those that come at the same time', async () => {
      const before = fixture.authenticator.asked;
      fixture.authenticator.delayMs = 5;
      await Promise.all(Array.from({ length: 20 }, () => get('/things/mine', as('a:once'))));
      await get('/things/mine', as('a:once'));
      fixture.authenticator.delayMs = 0;
      expect(fixture.authenticator.asked - before).toBe(1);
    });

    it('keeps a route shut that came in without an access', async () => {
      expect((await get('/health/live')).statusCode).toBe(200);
      expect((await get('/metrics', { 'x-forwarded-for': '10.0.0.1' })).statusCode).toBe(404);
    });
  });

  describe('problems', () => {
    it.each([
      ['unknown route', () => get('/nothing/here', as('a:*')), 404, 'kernel.no-route'],
      ['a query that is not read', () => get('/things?limit=2&offset=3', as('a:*')), 400, 'kernel.query'],
      ['a query where none is read', () => get('/things/mine?x=', as('a:*')), 400, 'kernel.query'],
      ['NUL in the path', () => get('/things/a%00b', as('a:*')), 400, 'kernel.url'],
      ['NUL in the query', () => get('/things?limit=%00', as('a:*')), 400, 'kernel.url'],
      ['another method', () => fixture.server.inject({ method: 'PUT', url: '/things?x=1', payload: {} }), 405, 'kernel.method'],
      ['null', () => post('null'), 400, 'kernel.validation'],
      ['a list', () => post('[]'), 400, 'kernel.validation'],
      ['a cursor that nobody gave out', () => get('/things?cursor=WzAuNV0', as('a:*')), 400, 'kernel.cursor'],
      ['too many members', () => post(`{"a":[${'1,'.repeat(1_000)}1]}`), 413, 'kernel.json-members'],
      ['id that is none', () => get('/things/not-an-id', as('a:*')), 404, 'kernel.not-found'],
      ['broken JSON', () => post('{broken'), 400, 'kernel.json'],
      ['empty JSON', () => post(''), 400, 'kernel.json'],
      ['unknown media type', () => post('<a/>', { 'content-type': 'application/xml' }), 415, 'kernel.media-type'],
      ['form body', () => post('a=b', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'kernel.media-type'],
      ['too large', () => post(JSON.stringify({ name: 'x'.repeat(4_000) })), 413, 'kernel.body-too-large'],
      ['no text', () => post('{"name":"a\\u0000"}'), 400, 'kernel.json-text'],
      ['half a character', () => post('{"\\ud83d":1}'), 400, 'kernel.json-text'],
      ['too deep', () => post('['.repeat(40) + ']'.repeat(40)), 400, 'kernel.json-depth'],
      ['__proto__', () => post('{"name":"a","__proto__":{"admin":true}}'), 400, 'kernel.json'],
      ['constructor.prototype', () => post('{"name":"a","constructor":{"prototype":{"admin":true}}}'), 400, 'kernel.json'],
      ['bad URL', () => get('/things/%E0%A4%A', as('a:*')), 400, 'kernel.url'],
      ['over-long parameter', () => get(`/things/${'x'.repeat(300)}`, as('a:*')), 400, 'kernel.url'],
      ['failure inside', () => get('/things/broken'), 500, 'kernel.internal'],
    ])('%s', async (_name, ask, status, reason) => {
      const answer = await ask();
      expect([answer.statusCode, answer.headers['content-type'], answer.json().type])
        .toEqual([status, PROBLEM, `urn:atoll:problem:${reason}`]);
      expect(answer.json()).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
    });

    it('name what a route knows: its methods, and its query parameters', async () => {
      expect((await fixture.server.inject({ method: 'DELETE', url: '/things' })).headers.allow).toBe('GET, HEAD, POST');
      expect((await fixture.server.inject({ method: 'POST', url: `/things/${ID}` })).headers.allow).toBe('GET, HEAD');
      expect((await get('/things?offset=3', as('a:*'))).json()).toMatchObject({ known: ['limit', 'cursor'],
        detail: expect.stringContaining('"offset"'), errors: [{ pointer: '/offset', detail: 'is not a query parameter of this route' }] });
    });

    it('tells nothing of the inside', async () => {
      expect((await get('/things/broken')).body).not.toMatch(/hunter2|stack|edge\.fixture/);
    });

    it('speaks the protocol of the route, whoever refuses', async () => {
      const ask = (token: string, body: string) => fixture.server.inject({ method: 'POST', url: '/things/foreign',
        headers: { ...as(token), 'content-type': 'application/json' }, payload: body });
      for (const [token, body, status] of [['nobody', '{}', 401], ['a:things.read', '{}', 403], ['a:*', '{broken', 400],
        ['a:*', '{}', 400]] as const) {
        const answer = await ask(token, body);
        expect([answer.statusCode, answer.headers['content-type'], answer.json()])
          .toEqual([status, 'application/json; charset=utf-8', { fault: { status, detail: expect.any(String) as string } }]);
      }
    });

    it('points at every field that is wrong', async () => {
      const answer = await post({ name: 'a name that is too long', part: { amount: 0, 'a/b': 1 }, extra: true });
      expect(answer.statusCode).toBe(400);
      const pointers = answer.json<{ errors: { pointer: string; detail: string }[] }>().errors;
      expect(pointers.map(({ pointer }) => pointer).sort()).toEqual(['/extra', '/name', '/part/amount', '/part/a~1b']);
      expect(pointers.find(({ pointer }) => pointer === '/extra')?.detail).toBe('is not a field of this request');
    });

    it('answers a garbage id like an unknown one', async () => {
      const [garbage, known] = await Promise.all([get('/things/x', as('a:*')), get(`/things/${ID}`, as('a:*'))]);
      expect(garbage.json().detail).toBe('No such thing. It does not exist, or it was deleted. Check the id.');
      expect(known.json()).toEqual({ id: ID });
    });
  });

  describe('pages', () => {
    it('go through a list to its end', async () => {
      const seen: number[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: { items: number[]; nextCursor: string | null } = (await get(`/things?limit=20${cursor && `&cursor=${cursor}`}`,
          as('a:*'))).json();
        seen.push(...page.items);
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(Array.from({ length: 45 }, (_, at) => at + 1));
    });

    it.each(['limit=0', 'limit=101', 'limit=x', 'nothing=1'])('refuse ?%s', async (query) => {
      expect((await get(`/things?${query}`, as('a:*'))).statusCode).toBe(400);
    });
  });

  it('sends security headers with every answer', async () => {
    for (const answer of [await get('/things/mine', as('a:')), await get('/nothing'), await get('/things/broken')]) {
      expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    }
  });

  it('lets nothing run, load or frame what could be opened as a document', async () => {
    for (const path of ['/things/text', '/things/file']) {
      expect((await get(path)).headers)
        .toMatchObject({ 'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
          'referrer-policy': 'no-referrer' });
    }
  });

  it('reflects no Host header', async () => {
    const answer = await get('/nothing', { host: 'evil.example' });
    expect(answer.body + JSON.stringify(answer.headers)).not.toContain('evil.example');
  });
});

describe('boot', () => {
  it('refuses a route that does not say who may call it, and names it', async () => {
    @Controller('naked')
    class NakedController {
      @Get('route')
      route(): string {
        return 'x';
      }
    }
    await expect(edgeFixture({ controllers: [NakedController] })).rejects.toThrow('GET /naked/route');
  });

  it('serves health and nothing else without public HTTP', async () => {
    const { edge, server } = await edgeFixture({ publicHttp: false });
    expect((await server.inject({ url: '/health/live' })).statusCode).toBe(200);
    expect((await server.inject({ url: '/things/mine', headers: as('a:') })).statusCode).toBe(404);
    await edge.close();
  });
});
