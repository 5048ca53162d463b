import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ModelServer, OtlpCollector } from '#platform/testing';
import { runAs, AppError, currentTraceparent, GEN_AI, span, spanStarter } from '#platform/core';
import { Egress, UndiciEgress } from '#platform/adapters';
import { Allow } from '../src/routes/access.js';
import { as, edgeFixture, type EdgeFixture, TENANTS } from './edge.fixture.js';

const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const egress = new UndiciEgress();
let modelUrl = '';

@Controller('traced')
class TracedController {
  constructor(@Inject(Egress) private readonly client: Egress) {}

  @Get('answer/:id')
  @Allow()
  async answer(@Query('q') _q: string): Promise<object> {
    return span('agent.answer', { [GEN_AI.operation]: 'chat', [GEN_AI.requestModel]: 'offline' }, async (running) => {
      const response = await this.client.fetch(`${modelUrl}/chat/completions`, { method: 'POST', body: '{}' },
        { purpose: 'spec.model', trust: 'operator' });
      running.set({ [GEN_AI.outputTokens]: 12 });
      return { status: response.status, trace: currentTraceparent() };
    });
  }

  @Get('fails')
  @Allow()
  async fails(): Promise<object> {
    return span('agent.fails', {}, async () => {
      throw new AppError('unavailable', 'spec.down', 'The key sk-proj-abcdefghijklmnopqrstuvwxyz was refused.');
    });
  }
}

describe('tracing', () => {
  let collector: OtlpCollector;
  let model: ModelServer;
  let fixture: EdgeFixture;

  it('is off and costs a comparison without a collector', async () => {
    expect(spanStarter()).toBeUndefined();
    expect(span('x', {}, () => 5)).toBe(5);
    await expect(span('x', {}, async () => Promise.reject(new Error('through')))).rejects.toThrow('through');
  });

  describe('with a collector', () => {
    beforeAll(async () => {
      [collector, model] = await Promise.all([OtlpCollector.start(), ModelServer.start()]);
      modelUrl = model.url;
      fixture = await edgeFixture({ controllers: [TracedController], providers: [{ provide: Egress, useValue: egress }],
        observability: { otlpEndpoint: collector.url } });
      await fixture.server.inject({ url: '/traced/answer/7?q=private', headers: { ...as('a:'), traceparent: CALLER } });
      await fixture.server.inject({ url: '/traced/fails', headers: as('a:') });
      runAs({ tenantId: TENANTS.b!, actor: { kind: 'service', id: 'job', roles: [], permissions: [] } },
        () => span('job', {}, () => undefined, { kind: 'consumer', parent: CALLER }));
      await fixture.edge.close();
    });
    afterAll(async () => {
      await egress.onApplicationShutdown();
      collector.close();
      await model.stop();
    });

    it('shows one request as one trace: caller, server, work, call to another server', () => {
      const [server, work, call] = [collector.named('GET /traced/answer/:id'), collector.named('agent.answer'),
        collector.named('HTTP POST')];
      for (const one of [server, work, call]) expect(one.traceId).toBe('0af7651916cd43dd8448eb211c80319c');
      expect(server.parentSpanId).toBe('b7ad6b7169203331');
      expect(work.parentSpanId).toBe(server.spanId);
      expect(call.parentSpanId).toBe(work.spanId);
      expect([server.kind, work.kind, call.kind]).toEqual([2, 1, 3]);
    });

    it('follows the conventions of HTTP and of generative AI', () => {
      expect(collector.attributes('GET /traced/answer/:id'))
        .toMatchObject({ 'http.request.method': 'GET', 'http.route': '/traced/answer/:id', 'url.path': '/traced/answer/7',
          'http.response.status_code': 200, 'atoll.tenant_id': TENANTS.a });
      expect(collector.attributes('agent.answer'))
        .toMatchObject({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'offline', 'gen_ai.usage.output_tokens': 12 });
      expect(JSON.stringify(collector.spans)).not.toContain('private');
    });

    it('goes out with requests to servers the operator chose', () => {
      expect(model.requests[0]!.headers['traceparent'])
        .toBe(`00-0af7651916cd43dd8448eb211c80319c-${collector.named('HTTP POST').spanId}-01`);
    });

    it('marks what failed, without its secrets', () => {
      expect(collector.named('agent.fails').status.code).toBe(2);
      expect(collector.attributes('agent.fails')['error.type']).toBe('spec.down');
      expect(collector.named('GET /traced/fails').status.code).toBe(2);
      expect(JSON.stringify(collector.spans)).not.toContain('abcdefghijklmnop');
    });

    it('takes the parent of a message from the bus', () => {
      expect(collector.named('job'))
        .toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331', kind: 5 });
    });

    it('is off again when the process closes', () => {
      expect(spanStarter()).toBeUndefined();
    });
  });
});
