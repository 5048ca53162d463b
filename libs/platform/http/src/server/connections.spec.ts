import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BlobsConfig, openBlobs } from '#platform/adapters';
import { CoreConfig } from '#platform/core';
import { Allow, Public } from '../routes/access.js';
import { uploads } from '../body/uploads.js';
import { edgeFixture, type EdgeFixture, ThingController } from '../../test/edge.fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'atoll-connections-'));
const TENANT = '01900000-0000-7000-8000-00000000000a';

@Controller('files')
class FileController {
  /** Takes the first file, and answers without a look at the rest. */
  @Post()
  @HttpCode(202)
  @Public()
  async take(@Req() request: FastifyRequest): Promise<object> {
    const blobs = await openBlobs(new CoreConfig(), Object.assign(new BlobsConfig(), { folder }));
    for await (const { content } of uploads(request))
      return { bytes: (await blobs.put(`${TENANT}/search/one`, content, { maxBytes: 1_000_000 })).bytes };
    return {};
  }

  @Post('shut')
  @Allow()
  shut(): object {
    return {};
  }
}

const parts = (): string[] => readdirSync(folder, { recursive: true }).map(String).filter((name) => name.endsWith('.part'));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One connection, spoken to by hand. */
class Client {
  text = '';
  closed = false;
  readonly ended: Promise<unknown>;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => (this.text += chunk.toString()));
    socket.on('error', () => undefined);
    this.ended = once(socket, 'close').then(() => (this.closed = true));
  }

  static async to(url: string, allowHalfOpen = false): Promise<Client> {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen });
    await once(socket, 'connect');
    return new Client(socket);
  }

  async until(wanted: string | RegExp): Promise<void> {
    const told = (): boolean => (typeof wanted === 'string' ? this.text.includes(wanted) : wanted.test(this.text));
    const ends = Date.now() + 15_000;
    while (!told() && !this.closed && Date.now() < ends) await Promise.race([once(this.socket, 'data'), this.ended, pause(100)]);
    expect(this.text).toMatch(wanted);
  }

  /** Bytes in pieces, as far as the other side takes them. */
  async send(text: string, bytes = 0): Promise<void> {
    this.socket.write(text);
    for (let sent = 0; sent < bytes && !this.closed; sent += 65_536) {
      if (!this.socket.write('x'.repeat(Math.min(65_536, bytes - sent)))) await Promise.race([once(this.socket, 'drain'), this.ended]);
    }
  }
}

const head = (path: string, more: string): string => `POST ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n\r\n`;
const JSON_TYPE = 'content-type: application/json\r\nauthorization: Bearer a:*';
const FORM_TYPE = 'content-type: multipart/form-data; boundary=b';
const FILE = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n';
const NEXT = 'GET /things/open HTTP/1.1\r\nhost: x\r\n\r\n';

describe('a connection', () => {
  let fixture: EdgeFixture;
  let url: string;

  beforeAll(async () => {
    fixture = await edgeFixture({ controllers: [ThingController, FileController], http: { requestTimeoutSeconds: 2 } });
    url = await fixture.edge.listen();
  });
  afterAll(async () => {
    await fixture.edge.close();
    rmSync(folder, { recursive: true });
  });

  const whole = `${FILE}hello\r\n${FILE}${'x'.repeat(300_000)}\r\n--b--\r\n`;

  it.each([
    ['a body that is too large', head('/things', `${JSON_TYPE}\r\ncontent-length: 900000`), 'x'.repeat(900_000), 413],
    ['a body that no one may send', head('/files/shut', `content-type: application/json\r\ncontent-length: 900000`), 'x'.repeat(900_000),
      401],
    ['a body of a type that is not read', head('/things',
      `authorization: Bearer a:*\r\ncontent-type: text/plain\r\ncontent-length: 900000`),
      'x'.repeat(900_000), 415],
    ['a form whose rest nobody wants', head('/files', `${FORM_TYPE}\r\ncontent-length: ${whole.length}`), whole, 202],
    ['a form with a file that is too large', head('/files', `${FORM_TYPE}\r\ncontent-length: ${FILE.length + 2_000_000}`),
      FILE + 'x'.repeat(2_000_000), 413],
    ['a path that is not there', head('/nowhere', `content-type: application/json\r\ncontent-length: 900000`), 'x'.repeat(900_000), 404],
  ])('goes on behind the answer to %s', async (_what, request, body, status) => {
    const client = await Client.to(url);
    await client.send(request);
    await client.send(body);
    await client.until(new RegExp(`^HTTP/1.1 ${status} `));
    expect(client.text).not.toMatch(/connection: close/i);
    client.socket.write(NEXT);
    await client.until('"tenant":null');
    client.socket.destroy();
  });

  it.each([
    ['says that it is much longer', 'content-length: 900000000'],
    ['does not say how long it is', 'transfer-encoding: chunked'],
  ])('closes behind the answer to a body that is too large and %s, and the answer arrives', async (_what, length) => {
    const client = await Client.to(url);
    await client.send(head('/things', `${JSON_TYPE}\r\n${length}`));
    await client.send(length.startsWith('t') ? 'f4240\r\n' : '', 900_000);
    await client.ended;
    expect(client.text).toMatch(/^HTTP\/1.1 413 /);
    expect(client.text).toMatch(/connection: close/i);
  });

  it('reads no more than some megabytes of what nobody wants', async () => {
    const client = await Client.to(url);
    await client.send(head('/files/shut', 'content-type: application/json\r\ncontent-length: 900000000'), 50_000_000);
    await client.ended;
    expect(client.socket.bytesWritten).toBeLessThan(40_000_000);
  }, 20_000);

  it.each([['headers', 'POST /things HTTP/1.1\r\nhost: x\r\n'], ['body', `${head('/things', `${JSON_TYPE}\r\ncontent-length: 100`)}{"a":`],
    ['form', `${head('/files', `${FORM_TYPE}\r\ncontent-length: 100000`)}${FILE}begin`]])(
    'whose %s come too slowly is told so by 408 and closed, whatever its client does', async (what, text) => {
      const client = await Client.to(url, true);
      await client.send(text);
      if (what === 'form') while (parts().length === 0) await pause(20);
      const trickle = setInterval(() => client.socket.writable && client.socket.write(what === 'headers' ? 'x: y\r\n' : ' '), 300);
      await client.until(/^HTTP\/1.1 408 .*request-timeout/s);
      while (!client.closed && client.socket.writable) await pause(50);
      clearInterval(trickle);
      client.socket.destroy();
      if (what === 'form') for (let tries = 0; parts().length > 0 && tries < 100; tries++) await pause(20);
      expect(parts()).toEqual([]);
    }, 70_000);

  it('that brings two Host headers is not served', async () => {
    const client = await Client.to(url);
    client.socket.write('GET /things/open HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n');
    await client.until(/^HTTP\/1.1 400 .*kernel.http/s);
    client.socket.destroy();
  });
});
