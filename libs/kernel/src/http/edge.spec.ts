import type { FastifyInstance } from 'fastify';
import { Controller, Get } from '@nestjs/common';
import { edgeFixture, type EdgeFixture, TENANTS } from './edge.fixture.js';

const ID = '01900000-0000-7000-8000-000000000001';

describe('edge', () => {
  let fixture: EdgeFixture;
  let server: FastifyInstance;
  const as = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

  beforeAll(async () => {
    fixture = await edgeFixture();
    server = fixture.edge.app.getHttpAdapter().getInstance() as FastifyInstance;
  });
  afterAll(() => fixture.edge.close());

  it('puts the tenant of the credential, and of nothing else, into the flow', async () => {
    const answer = await server.inject({ url: '/things/mine', headers: { ...as('a:'), 'x-tenant-id': TENANTS.b, 'x-tenant': TENANTS.b } });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ tenantId: TENANTS.a, actor: 'user-a', requestId: answer.headers['x-request-id'] });
  });
});

describe('boot', () => {
  it('refuses a route that does not say who may call it, and names it', async () => {
    @Controller('naked')
    class NakedController {
      @Get('route')
      route(): string {
        return 'x';
      }
    }
    await expect(edgeFixture({ controllers: [NakedController] })).rejects.toThrow('GET /naked/route');
  });
});

export { ID };
