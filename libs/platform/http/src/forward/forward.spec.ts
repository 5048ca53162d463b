import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '#platform/testing';
import { encodeCursor } from '#platform/database';
import { as } from '../../test/edge.fixture.js';
import { currentUpload, type ForwardFixture, forwardFixture, secrets } from '../../test/forward.fixture.js';
import { openStream, seen } from '../../test/sse.fixture.js';
import { TrustedForwarder } from '../request/trusted-forwarder.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const json = { 'content-type': 'application/json' };
const body = (text: string): { method: string; headers: Record<string, string>; body: string } =>
  ({ method: 'POST', headers: { ...as('a:things.write'), ...json }, body: text });

describe('forwarding', () => {
  let fixture: ForwardFixture;
  beforeAll(async () => {
    fixture = await forwardFixture({ edge: { http: { docs: true, bodyLimit: 2_000, uploadLimit: 500_000 } } });
  });
  afterAll(() => fixture.close());

  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(`${fixture.url}${path}`, { headers });

  it('sends each route to the context that declares it, also under one prefix', async () => {
    expect(await (await get('/v1/rooms/7')).json()).toEqual({ by: 'rooms', id: '7' });
    expect(await (await get('/v1/rooms/7/words')).json()).toEqual({ by: 'rooms', id: '7' });
    const said = await fetch(`${fixture.url}/v1/rooms/a%2Fb/words?x=1`, body('{"word":"ä"}'));
    expect(await said.json()).toEqual({ by: 'talk', room: 'a/b', x: '1', body: { word: 'ä' } });
    expect((await get('/v1/rooms')).status).toBe(404);
    const other = await fetch(`${fixture.url}/v1/rooms/7`, { method: 'DELETE' });
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it.each([
    ['an answer', '/things?limit=2', as('a:things.read')],
    ['a cursor', `/things?limit=2&cursor=${encodeCursor({ number: 2 })}`, as('a:things.read')],
    ['a missing credential', '/things', {}],
    ['a missing permission', '/things', as('a:')],
    ['a wrong id', '/things/no-id', as('a:things.read')],
    ['a failure', '/things/broken', {}],
    ['a file', '/things/file', {}],
    ['a text', '/things/text', {}],
  ])('gives %s as the process that hosts it would', async (_what, path, headers: Record<string, string>) => {
    const [through, direct] = await Promise.all([get(path, headers), fetch(`${fixture.talkUrl}${path}`, { headers })]);
    const plain = async (response: Response): Promise<unknown> => ({
      status: response.status,
      headers: Object.fromEntries(
        [...response.headers].filter(([name]) => !['date', 'x-request-id', 'ratelimit', 'content-length'].includes(name))),
      body: (await response.text()).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>'),
    });
    expect(await plain(through)).toEqual(await plain(direct));
  });

  it('counts a quota once, where the route is served', async () => {
    const left = async (): Promise<number> =>
      Number(/r=(\d+)/.exec((await get('/things', as('b:things.read'))).headers.get('ratelimit')!)![1]);
    const first = await left();
    expect(await left()).toBe(first - 1);
    expect((await get('/things', as('b:things.read'))).headers.get('ratelimit')).not.toContain(',');
  });

  it('goes on under the same request id and trace, and tells the address of the client', async () => {
    const response = await get('/talk/seen', { traceparent: TRACE });
    const told = (await response.json()) as { ip: string; requestId: string; traceparent: string; headers: Record<string, string> };
    expect(told.requestId).toBe(response.headers.get('x-request-id'));
    expect(told.traceparent.slice(0, 35)).toBe(TRACE.slice(0, 35));
    expect(told.headers.traceparent).not.toBe(TRACE);
    expect(told.ip).toBe('127.0.0.1');
  });

  it('believes the address of a client only where this deployment signed it', async () => {
    const facts = { requestId: '8c5baa30-0000-4000-8000-000000000000', address: '203.0.113.7', context: 'talk' };
    const seenBy = async (header: string): Promise<{ ip: string; requestId: string }> =>
      (await (await fetch(`${fixture.talkUrl}/talk/seen`,
        { headers: { 'x-atoll-forwarded': header, 'x-forwarded-for': '203.0.113.9' } })).json()) as never;
    const signed = new TrustedForwarder(secrets()).seal('GET', '/talk/seen', facts);
    expect(await seenBy(signed)).toMatchObject({ ip: '203.0.113.7', requestId: facts.requestId });
    for (const forged of [signed.replace('203.0.113.7', '203.0.113.8'), new TrustedForwarder(secrets()).seal('GET', '/talk/foreign', facts),
      `${Date.now()};x;203.0.113.7;talk;`, 'x']) {
      const told = await seenBy(forged);
      expect(told.ip).toBe('127.0.0.1');
      expect(told.requestId).not.toBe(facts.requestId);
    }
    const now = Date.now;
    Date.now = () => now() - 300_000;
    const old = new TrustedForwarder(secrets()).seal('GET', '/talk/seen', facts);
    Date.now = now;
    expect((await seenBy(old)).ip).toBe('127.0.0.1');
  });

  it('drops what is meant for the hop, and what a client says of itself', async () => {
    const told = await new Promise<{ headers: Record<string, string>; answered: Record<string, unknown> }>((resolve, reject) => {
      const headers = { connection: 'x-mine, keep-alive', 'x-mine': '1', te: 'trailers', 'x-kept': '2', 'x-forwarded-for': '203.0.113.9',
        'x-atoll-forwarded': 'forged', 'proxy-authorization': 'Basic x' };
      httpRequest(`${fixture.url}/talk/seen`, { headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end',
          () => resolve({ ...(JSON.parse(text) as { headers: Record<string, string> }), answered: response.headers }));
      }).on('error', reject).end();
    });
    expect(told.headers).toMatchObject({ 'x-kept': '2', host: new URL(fixture.talkUrl).host });
    expect(Object.keys(told.headers)).toEqual(expect.not.arrayContaining(['x-mine', 'te', 'proxy-authorization', 'x-forwarded-for']));
    expect(told.headers['x-atoll-forwarded']).not.toBe('forged');
    expect(told.answered['x-own']).toBe('kept');
    expect(told.answered['keep-alive']).not.toBe('timeout=5');
  });

  it.each([String.raw`/things/..\..\metrics`, String.raw`/things/..\talk\seen`, '/things/%2e%2e/metrics', '/things/..'])(
    'does not hand on the path %s, which means another one to the next server', async (path) => {
      const { hostname, port } = new URL(fixture.url);
      const answered = await new Promise<[number | undefined, string]>((resolve) => {
        httpRequest({ hostname, port, path, headers: as('a:things.read') }, (answer) => {
          let text = '';
          answer.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve([answer.statusCode, text]));
        }).end();
      });
      expect(answered).toEqual([expect.any(Number), expect.not.stringContaining('process_')]);
      expect([400, 404]).toContain(answered[0]);
    });

  it('answers HEAD with the headers alone', async () => {
    const response = await fetch(`${fixture.url}/things/file`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, 'image/svg+xml', '']);
  });

  it('hands a stream on event by event, to its end', async () => {
    const direct = await (await openStream(`${fixture.talkUrl}/streams/count`, as('a:'))).end();
    expect(await (await openStream(`${fixture.url}/streams/count`, as('a:'))).end()).toBe(direct);
    const rest = await openStream(`${fixture.url}/streams/count`, { ...as('a:'), 'last-event-id': '3' });
    expect(await rest.end()).toBe(direct.slice(direct.indexOf('id: 4')));
    const pushed = once(seen, 'sink');
    const stream = await openStream(`${fixture.url}/streams/pushed`, as('a:'));
    const [sink] = await pushed;
    sink.push('data: first\n\n');
    await stream.until('data: first\n\n');
    sink.push('data: sec');
    sink.push('ond\n\n');
    sink.end('event: done\ndata: {}\n\n');
    expect(await stream.end()).toBe('data: first\n\ndata: second\n\nevent: done\ndata: {}\n\n');
  });

  it('ends a stream at its source when the reader leaves, and takes no more than a slow one reads', async () => {
    const returned = once(seen, 'returned');
    const stream = await openStream(`${fixture.url}/streams/endless`, as('a:'));
    await stream.until('id: 3\n');
    stream.leave();
    expect(await returned).toEqual(['endless']);

    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    const socket = connect(Number(new URL(fixture.url).port), '127.0.0.1');
    socket.pause();
    socket.write(`GET /streams/flood HTTP/1.1\r\nhost: x\r\nauthorization: ${as('a:').authorization}\r\n\r\n`);
    await sleep(700);
    const after = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    expect(after - before).toBeLessThan(60_000_000);
    const gone = once(seen, 'returned');
    socket.destroy();
    expect(await gone).toEqual(['endless']);
  });

  it('streams an upload through as it comes', async () => {
    currentUpload.bytes = 0;
    const boundary = 'edge';
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n`;
    const outgoing = httpRequest(`${fixture.url}/talk/files`,
      { method: 'POST', headers: { ...as('a:'), 'content-type': `multipart/form-data; boundary=${boundary}` } });
    const answered = once(outgoing, 'response');
    outgoing.write(head + 'x'.repeat(100_000));
    await eventually(() => expect(currentUpload.bytes).toBeGreaterThan(50_000));
    outgoing.end(`${'x'.repeat(200_000)}\r\n--${boundary}--\r\n`);
    const [response] = await answered;
    let text = '';
    for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
    expect(JSON.parse(text)).toEqual([{ filename: 'a.txt', bytes: 300_000 }]);
  });

  it('refuses bodies over the limits of the edge, told beforehand or not', async () => {
    const long = `{"word":"${'x'.repeat(3_000)}"}`;
    const told = await fetch(`${fixture.url}/v1/rooms/7/words`, body(long));
    expect([told.status, ((await told.json()) as { type: string }).type]).toEqual([413, 'urn:atoll:problem:kernel.body-too-large']);
    const untold = await fetch(`${fixture.url}/v1/rooms/7/words`,
      { ...body(''), body: new Blob([long]).stream(), duplex: 'half' } as RequestInit);
    expect([untold.status, ((await untold.json()) as { type: string }).type]).toEqual([413, 'urn:atoll:problem:kernel.body-too-large']);
    const form = new FormData();
    for (let at = 0; at < 8; at++) form.append('file', new Blob([Buffer.alloc(900_000)]), `${at}.txt`);
    const upload = await fetch(`${fixture.url}/talk/files`, { method: 'POST', headers: as('a:'), body: form });
    expect([upload.status, ((await upload.json()) as { type: string }).type]).toEqual([413, 'urn:atoll:problem:kernel.upload-too-large']);
  });

  it('shows a refusal that came before the body was read', async () => {
    const refused = await fetch(`${fixture.url}/talk/files`,
      { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=edge' }, body: 'x'.repeat(400_000) });
    expect([refused.status, ((await refused.json()) as { type: string }).type]).toEqual([401, 'urn:atoll:problem:kernel.unauthenticated']);
    expect((await get('/things', as('a:things.read'))).status).toBe(200);
  });

  it('describes the routes of all contexts, in every process alike', async () => {
    const [atEdge, atRooms] = await Promise.all([get('/openapi.json'), fixture.rooms.server.inject({ url: '/openapi.json' })]);
    const { paths } = (await atEdge.json()) as { paths: Record<string, Record<string, { security?: object }>> };
    expect(Object.keys(paths))
      .toEqual(expect.arrayContaining(['/v1/rooms/{id}', '/v1/rooms/{room}/words', '/talk/seen', '/streams/count']));
    expect(paths['/talk/files']!.post!.security).toEqual([{ bearer: [] }]);
    const own = (atRooms.json() as { paths: typeof paths }).paths['/v1/rooms/{id}'];
    expect(paths['/v1/rooms/{id}']).toEqual(own);
  });
});
