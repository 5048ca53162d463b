import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** One span as OTLP's JSON has it. */
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  status: { code?: number; message?: string };
  attributes: { key: string; value: { stringValue?: string; intValue?: number | string; boolValue?: boolean } }[];
}

interface OtlpRequest {
  resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[];
}

/** What a process says on its way to another one: not there where all is in one. */
const HOP = /^(call|serve|forward) /;

/**
 * An OpenTelemetry collector (OTLP over HTTP, JSON) that keeps what it is sent.
 *
 * @example
 * const collector = await OtlpCollector.start();
 * // a process with OTEL_EXPORTER_OTLP_ENDPOINT=collector.url does something
 * await eventually(() => collector.named('search.find'));
 */
export class OtlpCollector {
  readonly spans: OtlpSpan[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.keep(request, response));
  }

  static async start(): Promise<OtlpCollector> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new OtlpCollector(server);
  }

  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` takes. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The first span of a name; throws while there is none, for `eventually`. */
  named(name: string): OtlpSpan {
    const span = this.spans.find((one) => one.name === name);
    if (!span) throw new Error(`no span ${name} yet; there are: ${this.spans.map((one) => one.name).join(', ')}`);
    return span;
  }

  attributes(name: string): Record<string, unknown> {
    return Object.fromEntries(
      this.named(name).attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)]));
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

  private async keep(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { resourceSpans } = (await json(request)) as OtlpRequest;
    this.spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
    response.setHeader('content-type', 'application/json').end('{}');
  }

  private of(traceId: string): OtlpSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }
}
