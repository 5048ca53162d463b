import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isPublicAddress } from './public-address.js';
import { UndiciEgress } from './undici-egress.js';

const USER = { purpose: 'spec.user' };
const OPERATOR = { purpose: 'spec.operator', trust: 'operator' as const };

describe('public addresses', () => {
  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '192.169.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])('%s is one', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '127.0.0.1', '127.255.255.254', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1',
    '192.0.0.8', '198.18.0.1', '224.0.0.1', '255.255.255.255',
    '::', '::1', '::127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', 'fe80::1', 'fc00::1', 'fd00:ec2::254', '64:ff9b::7f00:1',
    '2002:7f00:1::', '2001::1', '2001:db8::1', 'ff02::1', 'localhost', '',
  ])('%s is none', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('egress', () => {
  /** Stands for the public internet: only 127.0.0.1 is allowed; everything else on this machine is not. */
  let egress: UndiciEgress;
  let strict: UndiciEgress;
  const requests: { url: string; headers: IncomingMessage['headers']; method: string; body: string }[] = [];
  let server: Server;
  let origin: string;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url!;
    let body = '';
    for await (const chunk of request) body += String(chunk);
    requests.push({ url, headers: request.headers, method: request.method!, body });
    const code = /^\/to\/(\d+)\/(.*)$/.exec(url);
    if (code) response.writeHead(Number(code[1]), { location: decodeURIComponent(code[2]!) }).end();
    else if (url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else if (url === '/large') response.end(Buffer.alloc(100_000));
    else if (url === '/endless') {
      const timer = setInterval(() => response.write(Buffer.alloc(10_000)), 1);
      response.on('close', () => clearInterval(timer));
    } else if (url === '/slow') setTimeout(() => response.end('late'), 2_000).unref();
    else if (url === '/stall') response.write('begin');
    else response.end('hello');
  };

  beforeAll(async () => {
    server = createServer((request, response) => void answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = String((server.address() as AddressInfo).port);
    origin = `http://127.0.0.1:${port}`;
    egress = new UndiciEgress({ isAllowed: (address) => address === '127.0.0.1', ports: [port, '1'] });
    strict = new UndiciEgress({ ports: [port, '443', '80'] });
  });
  beforeEach(() => requests.splice(0));
  afterAll(async () => {
    await Promise.all([egress.onApplicationShutdown(), strict.onApplicationShutdown()]);
    server.closeAllConnections();
    server.close();
  });

  it('fetches', async () => {
    const response = await egress.fetch(`${origin}/a`, { method: 'POST', body: 'text', headers: { 'x-a': '1' } }, USER);
    expect([response.status, await response.text(), response.url]).toEqual([200, 'hello', `${origin}/a`]);
    expect(requests[0]).toMatchObject({ method: 'POST', body: 'text', headers: { 'x-a': '1' } });
  });

  it('is a fetch for client libraries', async () => {
    const fetch = egress.as(OPERATOR);
    expect(await (await fetch(`${origin}/b`)).text()).toBe('hello');
    expect(await (await fetch(new URL(`${origin}/c`), { headers: [['x-b', '2']] })).text()).toBe('hello');
  });

  it.each([
    ['loopback', () => origin], ['by another name', () => origin.replace('127.0.0.1', '127.1')],
    ['as a number', () => origin.replace('127.0.0.1', '2130706433')], ['in hex', () => origin.replace('127.0.0.1', '0x7f.1')],
    ['by a host name', () => origin.replace('127.0.0.1', 'localhost')],
    ['mapped into IPv6', () => origin.replace('127.0.0.1', '[::ffff:127.0.0.1]')],
    ['metadata', () => 'http://169.254.169.254/latest/meta-data/'], ['zero', () => origin.replace('127.0.0.1', '0.0.0.0')],
  ])('does not go to this machine or its network for a user: %s', async (_name, url) => {
    await expect(strict.fetch(url(), undefined, USER)).rejects.toMatchObject({ reason: 'kernel.egress-refused' });
    expect(requests).toEqual([]);
  });

  it.each(['file:///etc/passwd', 'ftp://example.com/', 'gopher://example.com', 'data:text/plain,x', 'http://user:pass@example.com/'])(
    'does not open %s for a user', async (url) => {
    await expect(strict.fetch(url, undefined, USER)).rejects.toMatchObject({ reason: 'kernel.egress-refused' });
  });

  it.each([['http', 22], ['http', 6379], ['https', 25], ['https', 8443], ['http', 65535]])(
    'calls no other service of a public host for a user: %s at port %i', async (scheme, port) => {
    const open = new UndiciEgress({ isAllowed: () => true });
    const refused = { reason: 'kernel.egress-refused', message: expect.stringContaining(`port ${port}`) };
    await expect(open.fetch(`${scheme}://127.0.0.1:${port}/`, undefined, USER)).rejects.toMatchObject(refused);
    expect(() => open.assertOpen(new URL(`${scheme}://example.org:${port}/`))).toThrow(expect.objectContaining(refused));
    expect(() => open.assertOpen(new URL('http://example.org:443/'))).not.toThrow();
    const elsewhere = `${origin}/to/302/${encodeURIComponent(`${scheme}://127.0.0.1:${port}/`)}`;
    await expect(egress.fetch(elsewhere, undefined, USER)).rejects.toMatchObject(refused);
    await open.onApplicationShutdown();
  });

  it('goes anywhere the operator says', async () => {
    expect(await (await strict.fetch(`${origin}/op`, undefined, OPERATOR)).text()).toBe('hello');
  });

  describe('redirects', () => {
    it('are followed, with POST becoming GET on 303 and staying on 307', async () => {
      const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
      await egress.fetch(`${origin}/to/303/%2Fend`, post, USER);
      await egress.fetch(`${origin}/to/307/%2Fend`, post, USER);
      expect(requests.map(({ url, method, body }) => [url, method, body]))
        .toEqual([['/to/303/%2Fend', 'POST', '{}'], ['/end', 'GET', ''], ['/to/307/%2Fend', 'POST', '{}'], ['/end', 'POST', '{}']]);
      expect(requests[1]!.headers['content-type']).toBeUndefined();
    });

    it('are checked at each hop', async () => {
      await expect(egress.fetch(`${origin}/to/302/${encodeURIComponent('http://127.0.0.2:1/')}`, undefined, USER))
        .rejects.toMatchObject({ reason: 'kernel.egress-refused' });
      await expect(egress.fetch(`${origin}/to/302/${encodeURIComponent('file:///etc/passwd')}`, undefined, USER))
        .rejects.toMatchObject({ reason: 'kernel.egress-refused' });
    });

    it('do not take credentials to another origin', async () => {
      const headers = { authorization: 'Bearer secret', cookie: 'a=b', 'x-api-key': 'k', 'x-kept': 'yes' };
      const other = origin.replace('127.0.0.1', 'localhost');
      await strict.fetch(`${origin}/to/302/${encodeURIComponent(`${other}/end`)}`, { headers }, OPERATOR);
      expect(requests[1]!.headers).toMatchObject({ 'x-kept': 'yes' });
      for (const name of ['authorization', 'cookie', 'x-api-key']) expect(requests[1]!.headers[name]).toBeUndefined();
    });

    it('end when they go in a circle', async () => {
      await expect(egress.fetch(`${origin}/loop`, undefined, USER)).rejects.toMatchObject({ reason: 'kernel.egress-redirects' });
      expect(requests).toHaveLength(6);
    });

    it('are the answer when none are wanted', async () => {
      expect((await egress.fetch(`${origin}/loop`, undefined, { ...USER, maxRedirects: 0 })).status).toBe(302);
    });
  });

  it('stops at the size limit, told or not', async () => {
    await expect(egress.fetch(`${origin}/large`, undefined, { ...USER, maxBytes: 50_000 }).then((response) => response.arrayBuffer()))
      .rejects.toMatchObject({ reason: 'kernel.egress-too-large' });
    await expect(egress.fetch(`${origin}/endless`, undefined, { ...USER, maxBytes: 50_000 }).then((response) => response.arrayBuffer()))
      .rejects.toMatchObject({ reason: 'kernel.egress-too-large' });
  });

  it('gives up on a server that does not answer, or stops in the middle', async () => {
    await expect(egress.fetch(`${origin}/slow`, undefined, { ...USER, timeoutMs: 200 }))
      .rejects.toMatchObject({ reason: 'kernel.egress-timeout' });
    const stalled = await egress.fetch(`${origin}/stall`, undefined, { ...USER, bodyTimeoutMs: 200 });
    await expect(stalled.text()).rejects.toThrow();
  });

  it('says that a server cannot be reached', async () => {
    await expect(egress.fetch('http://127.0.0.1:1/', undefined, USER))
      .rejects.toMatchObject({ code: 'unavailable', reason: 'kernel.egress-failed' });
  });

  it('leaves an abort as it is', async () => {
    await expect(egress.fetch(`${origin}/slow`, { signal: AbortSignal.timeout(50) }, USER)).rejects.toMatchObject({ name: 'TimeoutError' });
    const controller = new AbortController();
    const pending = egress.fetch(`${origin}/slow`, { signal: controller.signal }, USER);
    controller.abort();
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' });
  });
});
