import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Allow } from '../routes/access.js';
import { as, edgeFixture, type EdgeFixture } from '../../test/edge.fixture.js';
import { uploads } from './uploads.js';

@Controller('files')
class FileController {
  @Post()
  @HttpCode(200)
  @Allow()
  async take(@Req() request: FastifyRequest): Promise<object[]> {
    const files = [];
    for await (const { field, filename, content } of uploads(request)) {
      let bytes = 0;
      for await (const chunk of content) bytes += chunk.byteLength;
      files.push({ field, filename, bytes });
    }
    return files;
  }

  @Post('first')
  @HttpCode(200)
  @Allow()
  async first(@Req() request: FastifyRequest): Promise<object> {
    for await (const { filename } of uploads(request)) return { filename };
    return {};
  }
}

function form(files: [string, string | Buffer][]): { headers: Record<string, string>; payload: Buffer } {
  const parts = files.flatMap(([name, content]) => [Buffer.from(`--edge\r\ncontent-disposition: form-data; name="file"; ` +
    `filename="${name}"\r\ncontent-type: text/plain\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')]);
  return { headers: { ...as('a:'), 'content-type': 'multipart/form-data; boundary=edge' },
    payload: Buffer.concat([...parts, Buffer.from('--edge--\r\n')]) };
}

describe('uploads', () => {
  let fixture: EdgeFixture;
  const post = (url: string, options: object) => fixture.server.inject({ method: 'POST', url, ...options });
  beforeAll(async () => {
    fixture = await edgeFixture({ controllers: [FileController] });
  });
  afterAll(() => fixture.edge.close());

  it('stream files one after the other, also beyond the limit of JSON bodies', async () => {
    const answer = await post('/files', form([['a.txt', 'hello'], ['../b.txt', Buffer.alloc(3_000_000)]]));
    expect(answer.json()).toEqual([{ field: 'file', filename: 'a.txt', bytes: 5 },
      { field: 'file', filename: expect.stringMatching(/b\.txt$/), bytes: 3_000_000 }]);
  });

  it('may be left after the first file', async () => {
    expect((await post('/files/first', form([['a.txt', 'x'], ['b.txt', Buffer.alloc(1_000_000)]]))).json()).toEqual({ filename: 'a.txt' });
    expect((await post('/files', form([['c.txt', 'x']]))).statusCode).toBe(200);
  });

  it('refuse more files than are read', async () => {
    const answer = await post('/files', form(Array.from({ length: 12 }, (_, at) => [`${at}.txt`, 'x'])));
    expect([answer.statusCode, answer.json().type]).toEqual([413, 'urn:atoll:problem:kernel.upload-parts']);
  });

  it.each([
    ['JSON', { headers: { ...as('a:'), 'content-type': 'application/json' }, payload: '{}' }, 415],
    ['no boundary', { headers: { ...as('a:'), 'content-type': 'multipart/form-data' }, payload: 'x' }, 400],
    ['a form that breaks off', { headers: { ...as('a:'), 'content-type': 'multipart/form-data; boundary=edge' },
      payload: '--edge\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nhalf' }, 400],
  ])('refuse %s', async (_name, options, status) => {
    const answer = await post('/files', options);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
  });
});
