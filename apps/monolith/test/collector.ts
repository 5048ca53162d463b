import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
}

/** What a process says on its way to another one: not there where all is in one. */
const HOP = /^(call|serve|forward) /;

/** An OpenTelemetry collector (OTLP over HTTP, JSON) that keeps what it is sent. */
export class TestCollector {
  private readonly spans: OtlpSpan[] = [];

  private constructor(private readonly server: Server, readonly url: string) {
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] };
        this.spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
  }

  static async start(): Promise<TestCollector> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TestCollector(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** Names of the trace's spans that are hops between processes. */
  hops(traceId: string): string[] {
    return this.of(traceId).map(({ name }) => name).filter((name) => HOP.test(name));
  }

  /** The trace as the paths of its spans, hops left out: an edge's own span of a request it forwards is one too. */
  shape(traceId: string): string[] {
    const spans = this.of(traceId);
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const forwarding = new Set(spans.filter(({ name }) => name.startsWith('forward ')).map(({ parentSpanId }) => parentSpanId));
    const isHop = ({ name, spanId }: OtlpSpan): boolean => HOP.test(name) || forwarding.has(spanId);
    const path = (span: OtlpSpan): string => {
      const above = byId.get(span.parentSpanId ?? '');
      const upper = above ? path(above) : '';
      return isHop(span) ? upper : `${upper}${upper && ' > '}${span.name}`;
    };
    return spans.filter((span) => !isHop(span)).map(path).sort();
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private of(traceId: string): OtlpSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }
}
