import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Inject } from '@nestjs/common';
import { runAs } from '../context/flow.js';
import { AppError } from '../errors/app-error.js';
import { Egress } from '../egress/egress.js';
import { UndiciEgress } from '../egress/undici-egress.js';
import { Allow } from '../http/access.js';
import { as, edgeFixture, type EdgeFixture, TENANTS } from '../http/edge.fixture.js';
import { currentTraceparent, GEN_AI, span, spanStarter } from './span.js';

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  status: { code?: number; message?: string };
  attributes: { key: string; value: { stringValue?: string; intValue?: number | string; boolValue?: boolean } }[];
}

const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** A collector that keeps what it is sent (OTLP over HTTP, JSON), and answers every other path like a model server. */
class Collector {
  readonly spans: OtlpSpan[] = [];
  readonly asked: (string | undefined)[] = [];
  private server?: Server;

  async start(): Promise<string> {
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async answer(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (request.url === '/v1/traces') {
      const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] };
      this.spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
    } else this.asked.push(request.headers.traceparent as string | undefined);
    response.setHeader('content-type', 'application/json').end('{}');
  }

  attributes(name: string): Record<string, unknown> {
    return Object.fromEntries(this.spans.find((one) => one.name === name)!.attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)]));
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }
}

const egress = new UndiciEgress();
let collectorUrl = '';

@Controller('traced')
class TracedController {
  constructor(@Inject(Egress) private readonly client: Egress) {}

  @Get('answer/:id')
  @Allow()
  async answer(): Promise<object> {
    return span('agent.answer', { [GEN_AI.operation]: 'chat', [GEN_AI.requestModel]: 'offline' }, async (running) => {
      const response = await this.client.fetch(`${collectorUrl}/model`, { method: 'POST', body: '{}' }, { purpose: 'spec.model', trust: 'operator' });
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
  const collector = new Collector();
  let fixture: EdgeFixture;

  it('is off and costs a comparison without a collector', async () => {
    expect(spanStarter()).toBeUndefined();
    expect(span('x', {}, () => 5)).toBe(5);
    await expect(span('x', {}, async () => Promise.reject(new Error('through')))).rejects.toThrow('through');
  });

  describe('with a collector', () => {
    beforeAll(async () => {
      collectorUrl = await collector.start();
      fixture = await edgeFixture({ controllers: [TracedController], providers: [{ provide: Egress, useValue: egress }], observability: { otlpEndpoint: collectorUrl } });
      await fixture.server.inject({ url: '/traced/answer/7?q=private', headers: { ...as('a:'), traceparent: CALLER } });
      await fixture.server.inject({ url: '/traced/fails', headers: as('a:') });
      runAs({ tenantId: TENANTS.b!, actor: { kind: 'service', id: 'job', roles: [], permissions: [] } }, () => span('job', {}, () => undefined, { kind: 'consumer', parent: CALLER }));
      await fixture.edge.close();
    });
    afterAll(async () => {
      await egress.onApplicationShutdown();
      collector.stop();
    });

    const named = (name: string): OtlpSpan => collector.spans.find((one) => one.name === name)!;

    it('shows one request as one trace: caller, server, work, call to another server', () => {
      const [server, work, call] = [named('GET /traced/answer/:id'), named('agent.answer'), named('HTTP POST')];
      for (const one of [server, work, call]) expect(one.traceId).toBe('0af7651916cd43dd8448eb211c80319c');
      expect(server.parentSpanId).toBe('b7ad6b7169203331');
      expect(work.parentSpanId).toBe(server.spanId);
      expect(call.parentSpanId).toBe(work.spanId);
      expect([server.kind, work.kind, call.kind]).toEqual([2, 1, 3]);
    });

    it('follows the conventions of HTTP and of generative AI', () => {
      expect(collector.attributes('GET /traced/answer/:id')).toMatchObject({ 'http.request.method': 'GET', 'http.route': '/traced/answer/:id', 'url.path': '/traced/answer/7', 'http.response.status_code': 200, 'atoll.tenant_id': TENANTS.a });
      expect(collector.attributes('agent.answer')).toMatchObject({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'offline', 'gen_ai.usage.output_tokens': 12 });
      expect(JSON.stringify(collector.spans)).not.toContain('private');
    });

    it('goes out with requests to servers the operator chose', () => {
      expect(collector.asked[0]).toBe(`00-0af7651916cd43dd8448eb211c80319c-${named('HTTP POST').spanId}-01`);
    });

    it('marks what failed, without its secrets', () => {
      expect(named('agent.fails').status.code).toBe(2);
      expect(collector.attributes('agent.fails')['error.type']).toBe('spec.down');
      expect(named('GET /traced/fails').status.code).toBe(2);
      expect(JSON.stringify(collector.spans)).not.toContain('abcdefghijklmnop');
    });

    it('takes the parent of a message from the bus', () => {
      expect(named('job')).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331', kind: 5 });
    });

    it('is off again when the process closes', () => {
      expect(spanStarter()).toBeUndefined();
    });
  });
});
