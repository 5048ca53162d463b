import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { Allow, Public } from '../routes/access.js';
import { edgeFixture, type EdgeFixture } from '../../test/edge.fixture.js';
import { ConversationLikeController } from '../../test/openapi.fixture.js';

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; security?: object[]; parameters?: { name: string; in: string }[];
    responses: Record<string, { content?: Record<string, object> }>; 'x-permissions'?: string[] }>>;
  components: { schemas: Record<string, object>; securitySchemes: object };
}

@Controller('plain')
class PlainController {
  @Get('open')
  @Public()
  open(): string {
    return 'x';
  }

  @Post()
  @HttpCode(202)
  @Allow('plain.write')
  write(): object {
    return {};
  }
}

describe('OpenAPI', () => {
  let fixture: EdgeFixture;
  let document: Document;
  beforeAll(async () => {
    fixture = await edgeFixture({ controllers: [PlainController, ConversationLikeController], http: { docs: true } });
    document = (await fixture.server.inject({ url: '/openapi.json' })).json();
  });
  afterAll(() => fixture.edge.close());

  it('is 3.1 and has every route, with who may call it', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort())
      .toEqual(['/health/live', '/health/ready', '/metrics', '/plain', '/plain/open', '/v1/likes/{id}']);
    expect(document.paths['/plain/open']!.get!.security).toBeUndefined();
    expect(document.paths['/plain']!.post)
      .toMatchObject({ operationId: 'Plain_write', security: [{ bearer: [] }], 'x-permissions': ['plain.write'] });
    expect(document.components.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } });
  });

  it('tells the problems of each route and the headers of POST', () => {
    const { responses, parameters } = document.paths['/plain']!.post!;
    expect(Object.keys(responses).sort()).toEqual(['202', '400', '401', '403', '429', 'default']);
    expect(responses.default!.content).toEqual({ 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } });
    expect(parameters).toEqual([expect.objectContaining({ name: 'Idempotency-Key', in: 'header' })]);
    expect(Object.keys(document.paths['/v1/likes/{id}']!.get!.responses)).toContain('404');
  });

  it('resolves every reference', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]!);
    expect(references.filter((name) => document.components.schemas[name] === undefined)).toEqual([]);
  });

  it('has a page that loads nothing from elsewhere', async () => {
    const page = await fixture.server.inject({ url: '/docs' });
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    for (const [, path] of page.body.matchAll(/(?:href|src)="([^"]+)"/g)) {
      expect(path).toMatch(/^\/docs\//);
      expect((await fixture.server.inject({ url: path! })).statusCode).toBe(200);
    }
    expect((await fixture.server.inject({ url: '/docs/package.json' })).statusCode).toBe(404);
    expect((await fixture.server.inject({ url: '/docs/..%2fpackage.json' })).statusCode).toBe(404);
    expect((await fixture.server.inject({ url: '/docs/constructor' })).statusCode).toBe(404);
  });
});
