import { type Context, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { currentFlow } from '../cls/scope.js';
import { AppError } from '../errors/app-error.js';
import { redactText } from './redact.js';
import type { OpenSpan, RunningSpan, SpanAttributes, SpanOptions, SpanStarter } from './span.js';

const KINDS = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** Our span calls in OpenTelemetry's terms. The only file that knows its API; loaded when tracing is on. */
export function otelSpans(): SpanStarter {
  const tracer = trace.getTracer('atoll');
  const start = (name: string, attributes: SpanAttributes, { kind = 'internal', parent }: SpanOptions): { span: Span; inside: Context } => {
    const above = parentContext(parent);
    const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, above);
    return { span, inside: trace.setSpan(above, span) };
  };
  return {
    run<T>(name: string, attributes: SpanAttributes, work: (span: RunningSpan) => T, options: SpanOptions): T {
      const { span, inside } = start(name, attributes, options);
      return context.with(inside, () => finish(span, () => work(running(span))));
    },
    open(name, attributes, options): OpenSpan {
      const { span, inside } = start(name, attributes, options);
      return {
        ...running(span),
        traceparent: traceparentOf(span),
        within: (work) => context.with(inside, work),
        end: (failed) => {
          if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    traceparent() {
      const span = trace.getSpan(context.active());
      return span && traceparentOf(span);
    },
  };
}

/** An explicit parent wins over the running span, that one over the flow's trace. */
function parentContext(parent: string | undefined): Context {
  if (parent !== undefined) return remote(parent);
  const active = context.active();
  const flow = currentFlow();
  return trace.getSpan(active) || !flow ? active : remote(flow.traceparent);
}

function remote(traceparent: string): Context {
  const [, traceId, spanId, flags] = traceparent.split('-');
  if (!traceId || !spanId) return context.active();
  return trace.setSpanContext(context.active(), { traceId, spanId, traceFlags: Number.parseInt(flags ?? '01', 16), isRemote: true });
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

function running(span: Span): RunningSpan {
  return {
    set: (attributes) => void span.setAttributes(attributes),
    fail: (error) => markFailed(span, error),
  };
}

function finish<T>(span: Span, work: () => T): T {
  let result: T;
  try {
    result = work();
  } catch (error) {
    markFailed(span, error);
    span.end();
    throw error;
  }
  if (!(result instanceof Promise)) {
    span.end();
    return result;
  }
  return result.then(
    (value: unknown) => {
      span.end();
      return value;
    },
    (error: unknown) => {
      markFailed(span, error);
      span.end();
      throw error;
    },
  ) as T;
}

/** Messages may quote what failed, so they pass the same redaction as the log. */
function markFailed(span: Span, error: unknown): void {
  const message = redactText(error instanceof Error ? error.message : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.setAttribute('error.type', error instanceof AppError ? error.reason : error instanceof Error ? error.name : 'error');
  span.addEvent('exception', { 'exception.message': message, 'exception.type': error instanceof Error ? error.name : typeof error });
}
