import { configureLogging, metrics } from '#platform/core';
import { as, edgeFixture, type EdgeFixture, TENANTS } from '../../test/edge.fixture.js';
import { serveMetrics } from '../health/metrics-server.js';
import { openStream, StreamController } from '../../test/sse.fixture.js';
import { ThingController } from '../../test/edge.fixture.js';


describe('what operators see', () => {
  const lines: string[] = [];
  let fixture: EdgeFixture;
  const get = (url: string, headers: Record<string, string> = {}) => fixture.server.inject({ url, headers });
  const requests = (): Record<string, unknown>[] =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ context }) => context === 'access');
  const open = async (accessLog: boolean): Promise<void> => {
    fixture = await edgeFixture({ controllers: [ThingController, StreamController], core: { logLevel: 'info' }, http: { accessLog } });
    configureLogging({ destination: { write: (line: string) => void lines.push(line) } });
  };
  beforeEach(() => lines.splice(0));
  afterEach(async () => {
    await fixture.edge.close();
    configureLogging({ level: 'silent' });
  });

  describe('access log', () => {
    it('has a line of JSON for each request, with who, what and why', async () => {
      await open(true);
      const answer = await get('/things?limit=7',
        { ...as('a:*'), traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
      await get('/things/mine');
      expect(requests()).toEqual([
        { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), context: 'access', requestId: answer.headers['x-request-id'],
          traceId: '0af7651916cd43dd8448eb211c80319c', tenantId: TENANTS.a, actorId: 'user-a', method: 'GET', path: '/things',
          status: 200, ms: expect.any(Number), message: 'request' },
        expect.objectContaining({ level: 'warn', status: 401, reason: 'kernel.unauthenticated', path: '/things/mine' }),
      ]);
    });

    it.each(['atl', 'atr', 'ati', 'atw', 'ato', 'att', 'atv', 'atq'])('holds no credential of ours (%s), wherever in the address it stands',
      async (kind) => {
        await open(true);
        const secret = 'aB3'.repeat(20);
        const token = `${kind}_${secret.slice(0, 22)}_${secret}`;
        const encoded = [...token].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');
        const urls = [`/things/${token}`, `/x/${token}/y`, `/${token}?token=${token}`, `/things/mine?token=${token}`, `/x/a%2F${token}`,
          `/x/${kind}%5F${secret}`, `/x/${kind}%5f${secret}/%zz`, `/x%20${token}`, `/x-${token}`];
        for (const url of urls) await get(url);
        await get(`/x/${encoded.slice(0, 180)}`);
        // A path that cannot be decoded is no request.
        expect(requests()).toHaveLength(urls.length);
        expect(lines.join('')).not.toMatch(/aB3aB3aB3|%61%42%33/);
      });

    it('says nothing of probes that succeed', async () => {
      await open(true);
      await get('/health/live');
      expect(requests()).toEqual([]);
    });

    it('stays one line whatever the path holds', async () => {
      await open(true);
      await get('/x%22%0a%7b/"\\');
      expect(requests()).toHaveLength(1);
    });

    it('has the failed ones alone when told so, and the failure under the same id', async () => {
      await open(false);
      await get('/things/mine', as('a:'));
      expect(requests()).toEqual([]);
      const answer = await get('/things/broken');
      const [failure, request] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(request).toMatchObject({ context: 'access', level: 'error', status: 500, requestId: answer.headers['x-request-id'] });
      expect(failure).toMatchObject({ context: 'http', message: 'request failed', requestId: answer.headers['x-request-id'],
        error: { message: expect.stringContaining('in a stack'), stack: expect.any(String) } });
    });

    it('tells a stream when it ended', async () => {
      await open(true);
      const url = await fixture.edge.listen();
      await (await openStream(`${url}/streams/count`, as('a:'))).end();
      while (requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(requests()).toEqual([expect.objectContaining({ path: '/streams/count', status: 200 })]);
    });
  });

  describe('metrics', () => {
    it('count by route template and class of status, and by nothing a caller can choose', async () => {
      await open(true);
      for (let at = 0; at < 20; at++) await get(`/things/01900000-0000-7000-8000-0000000000${at + 10}`, as('a:*'));
      for (let at = 0; at < 20; at++) await get(`/none/${at}`);
      const text = await metrics.registry.metrics();
      expect(text).toMatch(/atoll_http_requests_total\{method="GET",route="\/things\/:id",status="2xx"\} (\d+)/);
      expect(text).toMatch(/atoll_http_requests_total\{method="ANY",route="\(no route\)",status="4xx"\} (\d+)/);
      expect(text).toMatch(/atoll_http_request_duration_seconds_bucket\{le="\+Inf",method="GET",route="\/things\/:id"\} (\d+)/);
      expect(text).toContain('atoll_http_open_streams 0');
      expect(text).toContain('process_cpu_user_seconds_total');
      expect(text).not.toContain(TENANTS.a);
      expect(text).not.toContain('/none/');
    });

    it('are for this machine on the main port', async () => {
      await open(true);
      expect((await fixture.server.inject({ url: '/metrics', remoteAddress: '127.0.0.1' })).statusCode).toBe(200);
      expect((await fixture.server.inject({ url: '/metrics', remoteAddress: '10.0.0.7' })).statusCode).toBe(404);
    });

    it('have a port of their own when told so', async () => {
      await open(true);
      const server = await serveMetrics('127.0.0.1', 0);
      const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
      expect(await (await fetch(`${url}/metrics`)).text()).toContain('atoll_http_requests_total');
      expect((await fetch(`${url}/other`)).status).toBe(404);
      server.closeAllConnections();
      server.close();
    });
  });
});
