import { createServer } from 'node:net';
import { keyOf, loadConfig } from '#platform/core';
import { S3Server } from '#platform/testing';
import { BlobsConfig } from '../src/blobs/blobs.config.js';
import { S3Blobs } from '../src/blobs/s3-blobs.js';
import { blobsConformance } from './blobs.suite.js';

const A = '01900000-0000-7000-8000-00000000000a';

function connect(env: Record<string, string>): S3Blobs {
  return new S3Blobs(loadConfig([BlobsConfig], env).get(BlobsConfig) as BlobsConfig);
}

blobsConformance('S3', async () => {
  const server = await S3Server.start();
  return {
    blobs: [connect(server.env), connect(server.env)],
    age: (key, at) => server.age(key, at),
    everything: () => [...server.keys, ...server.unfinished],
    close: () => server.close(),
  };
});

describe('S3Blobs', () => {
  let server: S3Server;
  const key = keyOf(A, 'search', 'files', '1');
  const part = Buffer.alloc(9 * 1024 * 1024, 'x');
  beforeAll(async () => {
    server = await S3Server.start();
  });
  afterEach(() => {
    server.away = () => false;
  });
  afterAll(() => server.close());

  it.each([
    [
      'a bucket that is not there', { ATOLL_S3_BUCKET: 'nobody' }, { code: 'invalid', reason: 'kernel.blob-bucket' },
      'There is no bucket nobody',
    ],
    [
      'a key that nobody has', { ATOLL_S3_ACCESS_KEY_ID: 'NOBODY' }, { code: 'invalid', reason: 'kernel.blob-login' },
      'ATOLL_S3_SECRET_ACCESS_KEY',
    ],
    [
      'a server that is away', { ATOLL_S3_ENDPOINT: 'http://127.0.0.1:1' },
      { code: 'unavailable', reason: 'kernel.blob-store-unavailable' }, 'does not answer',
    ],
  ])('says what is wrong with %s', async (_name, env, fault, words) => {
    const blobs = connect({ ...server.env, ...env });
    await expect(blobs.assertReady()).rejects.toMatchObject(fault);
    await expect(blobs.assertReady()).rejects.toThrow(words);
  });

  it('refuses half a key before anything is asked', () => {
    const { ATOLL_S3_SECRET_ACCESS_KEY: _secret, ...half } = server.env;
    expect(() => loadConfig([BlobsConfig], half)).toThrow('ATOLL_S3_SECRET_ACCESS_KEY');
  });

  it.each([
    ['refuses the key', { ATOLL_S3_ACCESS_KEY_ID: 'NOBODY' }, 'kernel.blob-store-refused'],
    ['is away', { ATOLL_S3_ENDPOINT: 'http://127.0.0.1:1' }, 'kernel.blob-store-unavailable'],
  ])('answers each request with unavailable while the server %s', async (_name, env, reason) => {
    const blobs = connect({ ...server.env, ...env });
    const fault = { code: 'unavailable', reason };
    await expect(blobs.put(key, Buffer.from('x'))).rejects.toMatchObject(fault);
    await expect(blobs.put(key, part)).rejects.toMatchObject(fault);
    await expect(blobs.read(key)).rejects.toMatchObject(fault);
    await expect(blobs.get(key)).rejects.toMatchObject(fault);
    await expect(blobs.delete(key)).rejects.toMatchObject(fault);
    await expect(blobs.deleteTenant(A)).rejects.toMatchObject(fault);
    await expect(Array.fromAsync(blobs.list(A, 'search'))).rejects.toMatchObject(fault);
    await expect(Array.fromAsync(blobs.storedBefore('search', new Date()))).rejects.toMatchObject(fault);
  }, 60_000);

  it('tries again when the server fails once, and leaves nothing of an upload that failed', async () => {
    const blobs = connect(server.env);
    let failures = 1;
    server.away = (method, url) => method === 'PUT' && url.includes('partNumber=1&') && failures-- > 0;
    expect(await blobs.put(key, part)).toMatchObject({ bytes: part.length });
    server.away = (method, url) => method === 'PUT' && url.includes('partNumber=2&');
    await expect(blobs.put(key, Buffer.alloc(part.length))).rejects.toMatchObject({ reason: 'kernel.blob-store-unavailable' });
    expect(server.unfinished).toEqual([]);
    expect(Buffer.compare(await blobs.get(key), part)).toBe(0);
  });

  it('ends a download that breaks off with an error, not early', async () => {
    const { port, close } = await halfAnswers();
    const blobs = connect({ ...server.env, ATOLL_S3_ENDPOINT: `http://127.0.0.1:${port}` });
    await expect(blobs.get(key)).rejects.toMatchObject({ reason: 'kernel.blob-store-unavailable' });
    close();
  });

  it('aborts the uploads of its context that killed processes left', async () => {
    const blobs = connect(server.env);
    server.away = (method, url) => method === 'DELETE' || url.includes('partNumber=2&');
    for (const context of ['search', 'other']) await expect(blobs.put(keyOf(A, context, '1'), part)).rejects.toThrow();
    server.away = () => false;
    expect(server.unfinished).toHaveLength(2);
    await Array.fromAsync(blobs.storedBefore('search', new Date(Date.now() - 3_600_000)));
    expect(server.unfinished).toHaveLength(2);
    await Array.fromAsync(blobs.storedBefore('search', new Date(Date.now() + 3_600_000)));
    expect(server.unfinished).toEqual([keyOf(A, 'other', '1')]);
  });

  it('gives out links that need no credential and last as long as they say, where browsers reach the server', async () => {
    const options = { seconds: 60, type: 'text/plain', disposition: 'attachment; filename="a.txt"' };
    expect(await connect(server.env).link(key, options)).toBeUndefined();
    const blobs = connect({ ...server.env, ATOLL_S3_DOWNLOAD_URL: server.endpoint });
    await blobs.put(key, Buffer.from('hello'));
    const link = (await blobs.link(key, options))!;
    const answer = await fetch(link);
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
    expect([answer.headers.get('content-type'), answer.headers.get('content-disposition')]).toEqual(['text/plain', options.disposition]);
    expect(new URL(link).searchParams.get('X-Amz-Expires')).toBe('60');
  });
});

/** A server that promises ten bytes, sends four and hangs up. */
async function halfAnswers(): Promise<{ port: number; close(): void }> {
  const server = createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}
