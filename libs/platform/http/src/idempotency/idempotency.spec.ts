import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { IsString } from 'class-validator';
import { AppError, newId, runAs, Secrets } from '#platform/core';
import { Databases } from '#platform/database';
import { Allow, Public } from '../routes/access.js';
import { createEdge } from '#platform/runtime';
import type { Edge } from '../server/open-edge.js';
import { as, FakeAuthenticator, fixtureModule, TENANTS } from '../../test/edge.fixture.js';
import type { SseAnswer } from '../sse/sse.js';
import { sse } from '../../test/sse.fixture.js';
import { IdempotencyStore } from './idempotency.store.js';

class Order {
  @IsString()
  what: string;
}

let made = 0;
let open: Promise<void> = Promise.resolve();

@Controller('orders')
class OrderController {
  @Post()
  @HttpCode(201)
  @Allow()
  async make(@Body() order: Order, @Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    await open;
    made += 1;
    if (order.what === 'refused') throw new AppError('conflict', 'spec.refused', 'Not now.');
    reply.header('location', `/orders/${made}`);
    return { made };
  }

  @Post('stream')
  @HttpCode(200)
  @Allow()
  stream(@Res({ passthrough: true }) reply: FastifyReply): SseAnswer {
    made += 1;
    reply.header('content-location', '/orders/runs/1');
    return sse((async function* () { yield { event: 'done', data: {} }; })());
  }

  @Post('open')
  @HttpCode(200)
  @Public()
  public(): object {
    return { made: ++made };
  }

  @Post(':id')
  @Allow()
  other(@Param('id') id: string): object {
    return { id, made: ++made };
  }
}

describe('Idempotency-Key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-idempotency-'));
  let edge: Edge;
  let server: FastifyInstance;
  const post = async (key: string, body: object = { what: 'tea' }, token = 'a:', url = '/orders') =>
    server.inject({ method: 'POST', url, headers: { ...as(token), 'idempotency-key': key }, payload: body });

  beforeAll(async () => {
    const env = { NODE_ENV: 'test', ATOLL_DATA_DIR: folder, ATOLL_LOG_LEVEL: 'silent', ATOLL_DOCS: 'false' };
    edge = await createEdge([], { env, imports: [fixtureModule(new FakeAuthenticator(), [OrderController])] });
    server = edge.app.getHttpAdapter().getInstance() as FastifyInstance;
  });
  afterAll(async () => {
    await edge.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('runs a request once and answers it the same again', async () => {
    const first = await post('one');
    const second = await post('one');
    expect([first.statusCode, second.statusCode]).toEqual([201, 201]);
    expect(second.json()).toEqual(first.json());
    expect(second.headers).toMatchObject({ location: first.headers.location, 'idempotency-replayed': 'true',
      'content-type': first.headers['content-type'] });
    expect(first.headers['idempotency-replayed']).toBeUndefined();
  });

  it('belongs to one tenant, actor and path', async () => {
    const numbers = await Promise.all([post('shared'), post('shared', undefined, 'b:'), post('shared', {}, 'a:', '/orders/1'),
      post('shared', {}, 'a:', '/orders/2')]);
    expect(new Set(numbers.map((answer) => answer.json().made)).size).toBe(4);
  });

  it('refuses another body under the same key', async () => {
    await post('body');
    const answer = await post('body', { what: 'coffee' });
    expect([answer.statusCode, answer.json().type]).toEqual([422, 'urn:atoll:problem:kernel.idempotency-reused']);
  });

  it('tells a duplicate that the first is at work, and runs once', async () => {
    let release = (): void => undefined;
    open = new Promise((resolve) => (release = resolve));
    const before = made;
    const first = post('flight');
    let duplicate = await post('flight');
    while (duplicate.statusCode !== 409) duplicate = await post('flight');
    expect([duplicate.json().type, duplicate.headers['retry-after']]).toEqual(['urn:atoll:problem:kernel.idempotency-running', '1']);
    release();
    expect((await first).statusCode).toBe(201);
    expect((await post('flight')).headers['idempotency-replayed']).toBe('true');
    expect(made - before).toBe(1);
  });

  it('forgets what was refused, so that it may be sent again', async () => {
    const before = made;
    expect((await post('refused', { what: 'refused' })).statusCode).toBe(409);
    expect((await post('refused', { what: 'refused' })).json().type).toBe('urn:atoll:problem:spec.refused');
    expect(made - before).toBe(2);
  });

  it('does not run a streamed request again, and says where to read on', async () => {
    const before = made;
    expect((await post('stream', {}, 'a:', '/orders/stream')).body).toContain('event: done');
    const again = await post('stream', {}, 'a:', '/orders/stream');
    expect([again.statusCode, again.json()])
      .toMatchObject([409, { type: 'urn:atoll:problem:kernel.idempotency-not-kept', location: '/orders/runs/1' }]);
    expect(made - before).toBe(1);
  });

  it('keeps an answer sealed: it may hold a secret that is shown once', async () => {
    const shown = (await post('sealed', { what: 'a secret' })).body;
    const scope = { tenantId: TENANTS.a!, actor: { kind: 'user' as const, id: 'user-a', roles: [], permissions: [] } };
    const rows = await runAs(scope,
      () => edge.app.get(Databases).of('kernel').query<{ body: string | null }>('select body from kernel.idempotency'));
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain('made');
    expect((await post('sealed', { what: 'a secret' })).body).toBe(shown);
  });

  it('takes a key over whose owner died', async () => {
    const db = edge.app.get(Databases).of('kernel');
    const scope = { tenantId: TENANTS.a!, actor: { kind: 'user' as const, id: 'user-a', roles: [], permissions: [] } };
    await runAs(scope, async () => {
      const store = new IdempotencyStore(edge.app.get(Databases), edge.app.get(Secrets));
      const [first, second] = [newId(), newId()].map((claim) => ({ key: 'dead', fingerprint: 'print', claim }));
      const claimed = await store.claim(first!);
      expect(claimed).toEqual({ since: expect.any(String) });
      expect(await store.claim(second!)).toMatchObject({ status: null });
      await db.query(`update kernel.idempotency set locked_until = now() - interval '1 second' where tenant_id = $1 and key = 'dead'`,
        [scope.tenantId]);
      expect(await store.claim(second!)).toEqual(claimed);
      await expect(store.keep(first!, { status: 201, headers: {}, body: '' })).rejects
        .toMatchObject({ reason: 'kernel.idempotency-taken-over' });
      await db.query(`update kernel.idempotency set created_at = now() - interval '25 hours' where tenant_id = $1 and key = 'dead'`,
        [scope.tenantId]);
      await store.forget();
      expect(await db.query(`select 1 from kernel.idempotency where key = 'dead'`)).toEqual([]);
    });
  });

  it.each([['empty', ''], ['spaced', 'a b'], ['not ASCII', 'é'], ['too long', 'x'.repeat(256)]])(
    'refuses a key that is %s', async (_name, key) => {
    expect((await post(key)).json().type).toBe('urn:atoll:problem:kernel.idempotency-key');
  });

  it('means nothing on a public route, which knows no tenant', async () => {
    const [first, second] = [await post('public', {}, 'a:', '/orders/open'), await post('public', {}, 'a:', '/orders/open')];
    expect(second.json().made).toBe(first.json<{ made: number }>().made + 1);
  });

  it('waits for the database to be ready', async () => {
    const answer = await server.inject({ url: '/health/ready' });
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { status: 'ok', checks: { database: { status: 'up' } } }]);
  });
});
