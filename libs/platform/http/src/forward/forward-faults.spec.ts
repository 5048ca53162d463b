import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { as } from '../../test/edge.fixture.js';
import { EchoController, forwardFixture, forwardingTo, hosting, RoomsController, TalkController } from '../../test/forward.fixture.js';
import { openStream } from '../../test/sse.fixture.js';
import { Replicas } from './replicas.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('forwarding to a process that is not there', () => {
  it('says so, stops asking for a while, and goes on when it is back', async () => {
    const talk = await hosting([EchoController]);
    const talkUrl = await talk.edge.listen();
    await talk.edge.close();
    const edge = await forwardingTo({ talk: [[talkUrl], [EchoController]] });
    const ask = () => edge.server.inject({ url: '/talk/seen' });
    const refused = await ask();
    expect([refused.statusCode, refused.json().type, refused.headers['retry-after']])
      .toEqual([503, 'urn:atoll:problem:kernel.context-unreachable', '2']);
    expect(refused.json().detail).toMatch(/^talk cannot be reached/);
    expect(refused.body).not.toContain(new URL(talkUrl).port);
    await ask();
    const closed = await ask();
    expect([closed.statusCode, closed.json().type]).toEqual([503, 'urn:atoll:problem:kernel.context-unavailable']);
    const back = await hosting([EchoController], { core: { port: Number(new URL(talkUrl).port) } });
    await back.edge.listen();
    const now = Date.now;
    Date.now = () => now() + 5_000;
    expect((await ask()).statusCode).toBe(200);
    Date.now = now;
    await Promise.all([edge.edge.close(), back.edge.close()]);
  });

  it('takes the replica that is there', async () => {
    const talk = await hosting([EchoController, TalkController]);
    const talkUrl = await talk.edge.listen();
    const edge = await forwardingTo({ talk: [[await closedPort(), talkUrl], [EchoController, TalkController]] });
    for (let at = 0; at < 8; at++) {
      expect((await edge.server.inject({ url: '/talk/seen' })).statusCode).toBe(200);
      expect((await edge.server.inject({ method: 'POST', url: '/v1/rooms/7/words', payload: { at } })).json())
        .toMatchObject({ body: { at } });
    }
    await Promise.all([edge.edge.close(), talk.edge.close()]);
  });

  it('gives up on one that takes the request and never answers, and on one that hangs up', async () => {
    const deaf = await listening(() => undefined);
    const rude = await listening((socket) => socket.once('data', () => socket.destroy()));
    const edge = await forwardingTo({ talk: [[deaf.url], [EchoController]], rooms: [[rude.url], [TalkController]] },
      { http: { forwardTimeoutSeconds: 1 } });
    const [silent, lost] = await Promise.all([edge.server.inject({ url: '/talk/seen' }),
      edge.server.inject({ method: 'POST', url: '/v1/rooms/7/words', payload: {} })]);
    expect([silent.statusCode, silent.json().type]).toEqual([504, 'urn:atoll:problem:kernel.context-silent']);
    expect([lost.statusCode, lost.json().type]).toEqual([503, 'urn:atoll:problem:kernel.context-lost']);
    expect((await edge.server.inject({ url: '/talk/foreign' })).json()).toEqual({ fault: 504 });
    await edge.edge.close();
    deaf.close();
    rude.close();
  });

  it('is noticed while a request waits', async () => {
    const deaf = await listening(() => undefined);
    const replicas = new Replicas('talk', [new URL(deaf.url)], 60_000, 100);
    const started = Date.now();
    const flow = { requestId: '1', traceparent: TRACE, signal: new AbortController().signal };
    await expect(replicas.send({ method: 'GET', path: '/', headers: {} }, flow)).rejects.toMatchObject({ code: 'deadline' });
    expect(Date.now() - started).toBeLessThan(6_000);
    await replicas.close();
    deaf.close();
  });

  it('does not send a request round and round', async () => {
    const wrong = await hosting([RoomsController]);
    const edge = await forwardingTo({ talk: [[await wrong.edge.listen()], [EchoController]] });
    const answer = await edge.server.inject({ url: '/talk/seen' });
    expect([answer.statusCode, answer.json().type]).toEqual([503, 'urn:atoll:problem:kernel.misdirected']);
    await Promise.all([edge.edge.close(), wrong.edge.close()]);
  });
});

describe('a forwarded stream', () => {
  it.each([['native', '/streams/endless', 'event: resume\ndata: {"reason":"draining","retryMs":1000}\n\n'],
    ['foreign', '/talk/foreign', 'data: {"fault":503}\n\n']])(
    'tells its reader to come back when the edge drains (%s)', async (_protocol, path, farewell) => {
      const fixture = await forwardFixture({ edge: { core: { drainSeconds: 0 } } });
      const stream = await openStream(`${fixture.url}${path}`, as('a:'));
      await stream.until('event: number');
      await fixture.edge.edge.drain();
      expect((await stream.end()).endsWith(farewell)).toBe(true);
      await fixture.close();
    });

  it('tells its reader to come back when the process that makes it dies', async () => {
    const half = await listening((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n10\r\nid: 1\ndata: ' +
          '{}\n\n\r\n8\r\nid: 2\nda\r\n');
        setTimeout(() => socket.destroy(), 50);
      });
    });
    const edge = await forwardingTo({ talk: [[half.url], [EchoController]] });
    const stream = await openStream(`${await edge.edge.listen()}/talk/seen`);
    expect(await stream.end()).toBe('id: 1\ndata: {}\n\nretry: 1000\nevent: resume\ndata: {"reason":"lost","retryMs":1000}\n\n');
    await edge.edge.close();
    half.close();
  });
});

async function listening(onConnection: (socket: Socket) => void): Promise<{ url: string; close(): void }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.once('close', () => open.delete(socket)));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => {
    server.close();
    for (const socket of open) socket.destroy();
  } };
}

async function closedPort(): Promise<string> {
  const { url, close } = await listening(() => undefined);
  close();
  return url;
}
