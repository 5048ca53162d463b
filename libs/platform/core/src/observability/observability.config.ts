import { IsOptional, IsString, IsUrl } from 'class-validator';
import { Env } from '../config/env.decorator.js';

/** Traces. Logs and metrics need no setting beyond ATOLL_LOG_LEVEL and ATOLL_METRICS_PORT. */
export class ObservabilityConfig {
  @Env('OTEL_EXPORTER_OTLP_ENDPOINT', { description: 'OpenTelemetry collector (OTLP over HTTP, http://collector:4318) that gets the ' +
    'traces. Without it nothing of tracing is even loaded. The other OTEL_ variables of the specification work too.' })
  @IsOptional() @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  otlpEndpoint?: string;

  @Env('OTEL_SERVICE_NAME', { description: 'Name of this process in traces.' })
  @IsString()
  serviceName: string = 'atoll';
}
