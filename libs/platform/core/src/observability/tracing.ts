import type { ObservabilityConfig } from './observability.config.js';
import { setSpanStarter } from './span.js';

/** Turns tracing on where a collector is configured, and returns how to flush and end it. Off costs nothing: nothing is imported. */
export async function startTracing(config: ObservabilityConfig): Promise<() => Promise<void>> {
  if (config.otlpEndpoint === undefined) return async () => undefined;
  const [{ NodeSDK }, { OTLPTraceExporter }, { otelSpans }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('./otel-spans.js'),
  ]);
  const sdk = new NodeSDK({
    serviceName: config.serviceName,
    traceExporter: new OTLPTraceExporter({ url: `${config.otlpEndpoint.replace(/\/$/, '')}/v1/traces` }),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  setSpanStarter(otelSpans());
  return async () => {
    setSpanStarter(undefined);
    await sdk.shutdown();
  };
}
