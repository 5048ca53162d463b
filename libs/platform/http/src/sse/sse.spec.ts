import { once } from 'node:events';
import { connect } from 'node:net';
import { as, edgeFixture, type EdgeFixture, TENANTS } from '../../test/edge.fixture.js';
import { openStream, seen, StreamController } from '../../test/sse.fixture.js';
import type { StreamSink } from './sse.js';

describe('streams', () => {
  let fixture: EdgeFixture;
  let url: string;
  const events = (text: string): string[] => [...text.matchAll(/^event: (.*)$/gm)].map((match) => match[1]!);
  const pushed = async (): Promise<[Awaited<ReturnType<typeof openStream>>, StreamSink]> => {
    const sink = once(seen, 'sink') as Promise<[StreamSink]>;
    return [await openStream(`${url}/pushed`, as('a:')), (await sink)[0]];
  };

  beforeAll(async () => {
    fixture = await edgeFixture({ controllers: [StreamController] });
    url = `${await fixture.edge.listen()}/streams`;
  });
  afterAll(() => fixture.edge.close());

  it('come in order, in the tenant of the request, with one terminal event and nothing behind it', async () => {
    const returned = once(seen, 'returned');
    const stream = await openStream(`${url}/count`, as('b:'));
    const text = await stream.end();
    expect(stream.response.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no', 'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String) });
    expect(text).toBe([1, 2, 3, 4, 5].map((id) => `id: ${id}\nevent: number\ndata: {"id":${id},"tenant":"${TENANTS.b}"}\n\n`).join('') +
      `id: 6\nevent: done\ndata: {"tenant":"${TENANTS.b}"}\n\n`);
    expect(await returned).toEqual([TENANTS.b]);
  });

  it('go on behind Last-Event-ID', async () => {
    const text = await (await openStream(`${url}/count`, { ...as('a:'), 'last-event-id': '3' })).end();
    expect([...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))).toEqual([4, 5, 6]);
  });

  it('are shown by the view they are given', async () => {
    const stream = await openStream(`${url}/view`, as('a:'));
    expect(await stream.end()).toBe('data: {"n":1}\n\ndata: {"n":2}\n\ndata: [DONE]\n\n');
    expect(stream.response.headers['x-view']).toBe('data-only');
  });

  it('keep a hundred tenants apart', async () => {
    await Promise.all(Array.from({ length: 100 }, async (_, at) => {
      const text = await (await openStream(`${url}/count`, as(`${at % 2 ? 'a' : 'b'}:p${at}`))).end();
      expect(new Set([...text.matchAll(/"tenant":"([^"]+)"/g)].map((match) => match[1])))
        .toEqual(new Set([at % 2 ? TENANTS.a : TENANTS.b]));
    }));
  });

  it('answer an error before the first part with an ordinary problem', async () => {
    const stream = await openStream(`${url}/fails/0`, as('a:'));
    expect([stream.response.statusCode, stream.response.headers['content-type']]).toEqual([503, 'application/problem+json']);
    expect(JSON.parse(await stream.end())).toMatchObject({ type: 'urn:atoll:problem:spec.gone', instance: '/streams/fails/0' });
  });

  it('end with an error event of the same shape when the source fails later', async () => {
    const stream = await openStream(`${url}/fails/2`, as('a:'));
    const text = await stream.end();
    expect(stream.response.statusCode).toBe(200);
    expect(events(text)).toEqual(['number', 'number', 'error']);
    expect(JSON.parse(/event: error\ndata: (.*)/.exec(text)![1]!))
      .toMatchObject({ type: 'urn:atoll:problem:spec.gone', status: 503, requestId: stream.response.headers['x-request-id'] });
  });

  it.each(['endless', 'silent'])('stop the source when the reader leaves (%s)', async (kind) => {
    const returned = once(seen, 'returned');
    const open = openStream(`${url}/${kind}`, as('a:'));
    if (kind === 'silent') {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write(`GET /streams/silent HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a:\r\n\r\n`);
      setTimeout(() => socket.destroy(), 50);
      void open.then((stream) => stream.leave(), () => undefined);
    } else (await open).leave();
    expect(await returned).toEqual([kind]);
  });

  it.each([
    ['HTTP/1.0', 'GET /streams/view HTTP/1.0\r\nauthorization: Bearer a:\r\n\r\n'],
    ['a pipelined request', 'GET /streams/view HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a:\r\n\r\nGET /streams/view ' +
      'HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a:\r\nconnection: close\r\n\r\n'],
  ])('reach %s whole', async (_name, text) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.write(text);
    await once(socket, 'close');
    const asked = text.split('GET ').length - 1;
    expect(answer.match(/^HTTP\/1\.1 200 /gm)).toHaveLength(asked);
    expect(answer.match(/data: \{"n":1\}\n\n[\s\S]*?data: \{"n":2\}\n\n[\s\S]*?data: \[DONE\]/g)).toHaveLength(asked);
    expect(answer.match(/^0\r$/gm) ?? []).toHaveLength(text.includes('HTTP/1.0') ? 0 : asked);
  });

  it('reach an injected request whole', async () => {
    expect((await fixture.server.inject({ url: '/streams/view', headers: as('a:') })).body)
      .toBe('data: {"n":1}\n\ndata: {"n":2}\n\ndata: [DONE]\n\n');
  });

  it('answer HEAD without starting the source', async () => {
    const answer = await fixture.server.inject({ method: 'HEAD', url: '/streams/endless', headers: as('a:') });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
  });

  it('hold a source back while the reader does not read, instead of buffering', async () => {
    const stream = await openStream(`${url}/flood`, as('a:'));
    stream.response.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = process.memoryUsage().arrayBuffers;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
    stream.leave();
  });

  describe('that are pushed', () => {
    it('open at once, take frames in order and end once', async () => {
      const [stream, sink] = await pushed();
      expect(stream.response.statusCode).toBe(200);
      for (let n = 1; n <= 5; n++) expect(sink.push(`data: ${n}\n\n`)).toBe(true);
      await stream.until('data: 5');
      sink.end('event: done\ndata: {}\n\n');
      expect(sink.push('data: late\n\n')).toBe(false);
      sink.end('event: done\ndata: {}\n\n');
      expect(await stream.end()).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\ndata: 5\n\nevent: done\ndata: {}\n\n');
    });

    it('unsubscribe when the reader leaves', async () => {
      const [stream, sink] = await pushed();
      const detached = once(seen, 'detached');
      stream.leave();
      await detached;
      expect([sink.open, sink.signal.aborted, sink.push('data: x\n\n')]).toEqual([false, true, false]);
    });

    it('refuse with a problem before the first byte', async () => {
      const stream = await openStream(`${url}/pushed/refused`, as('a:'));
      expect([stream.response.statusCode, JSON.parse(await stream.end()).detail]).toEqual([404, 'No such log.']);
    });

    it('send a reader away that lags too far behind, and tell it to come back', async () => {
      const [stream, sink] = await pushed();
      stream.response.pause();
      const frame = `data: ${'x'.repeat(50_000)}\n\n`;
      let taken = 0;
      while (sink.push(frame)) {
        taken += 1;
        if (taken % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(taken).toBeLessThan(1_000);
      stream.response.resume();
      const text = await stream.end();
      expect(text.endsWith('retry: 1000\nevent: resume\ndata: {"reason":"slow-reader","retryMs":1000}\n\n')).toBe(true);
      expect(text.match(/^data: x/gm)).toHaveLength(taken);
    });
  });
});
