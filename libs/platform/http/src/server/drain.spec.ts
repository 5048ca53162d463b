import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { as, edgeFixture } from '../../test/edge.fixture.js';
import { openStream, seen, StreamController } from '../../test/sse.fixture.js';
import type { StreamSink } from '../sse/sse.js';

const ROOT = join(import.meta.dirname, '../../../../..');

describe('drain', () => {
  it('lets a stream finish, refuses new connections, and then closes', async () => {
    const { edge } = await edgeFixture({ controllers: [StreamController], core: { drainSeconds: 10 } });
    const url = await edge.listen();
    const sink = once(seen, 'sink') as Promise<[StreamSink]>;
    const stream = await openStream(`${url}/streams/pushed`, as('a:'));
    const drained = edge.drain();
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
    (await sink)[0].push('data: still here\n\n');
    (await sink)[0].end('event: done\ndata: {}\n\n');
    expect(await stream.end()).toBe('data: still here\n\nevent: done\ndata: {}\n\n');
    await drained;
  });

  it('does not wait for a connection that never asked anything', async () => {
    const { edge } = await edgeFixture({ controllers: [StreamController], core: { drainSeconds: 20 } });
    const socket = connect(Number(new URL(await edge.listen()).port), '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.resume();
    await expect(Promise.race([edge.drain(), sleep(5_000, 'still waiting')])).resolves.toBeUndefined();
    await closed;
  });

  it('is not ready while it drains', async () => {
    const { edge, server } = await edgeFixture({ controllers: [StreamController], core: { drainSeconds: 2 } });
    const url = await edge.listen();
    expect((await server.inject({ url: '/health/ready' })).statusCode).toBe(200);
    const stream = await openStream(`${url}/streams/endless`, as('a:'));
    const drained = edge.drain();
    const ready = await server.inject({ url: '/health/ready' });
    expect([ready.statusCode, ready.json().type]).toEqual([503, 'urn:atoll:problem:kernel.not-ready']);
    expect(await stream.end()).toContain('event: resume\ndata: {"reason":"draining","retryMs":1000}');
    await drained;
  });

  it('tells load balancers first, and takes requests meanwhile', async () => {
    const { edge } = await edgeFixture({ controllers: [StreamController], core: { drainSeconds: 2, shutdownDelaySetting: 1 } });
    const url = await edge.listen();
    const drained = edge.drain();
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    await drained;
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });

  it('ends a process with 200 open streams on SIGTERM, each told to come back', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'dist/libs/platform/http/test/drain.fixture.js')],
      { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    const streams = await Promise.all(Array.from({ length: 200 }, (_, at) => openStream(`${url}/streams/endless`, as(`a:p${at}`))));
    const started = Date.now();
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    const texts = await Promise.all(streams.map((stream) => stream.end()));
    expect(code).toBe(0);
    expect(Date.now() - started).toBeLessThan(8_000);
    expect(texts.every((text) => text.endsWith('event: resume\ndata: {"reason":"draining","retryMs":1000}\n\n'))).toBe(true);
  });
});
