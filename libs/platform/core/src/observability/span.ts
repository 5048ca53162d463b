import { pulledBy } from '../cls/flow.js';
import { currentFlow } from '../cls/scope.js';

export type SpanAttributes = Record<string, string | number | boolean | string[]>;

/** The running span; all methods do nothing while tracing is off. */
export interface RunningSpan {
  set(attributes: SpanAttributes): void;
  /** Marks it failed without throwing. */
  fail(error: unknown): void;
}

/** A span that ends when its owner says so: the server span of a request, a stream. */
export interface OpenSpan extends RunningSpan {
  traceparent: string;
  /** Runs `work` with this span as the parent of all spans inside. */
  within<T>(work: () => T): T;
  end(failed: boolean): void;
}

export interface SpanOptions {
  kind?: 'internal' | 'client' | 'server' | 'producer' | 'consumer';
  /** W3C traceparent of the parent where it is not the running span: a caller's header, a message from the bus. */
  parent?: string;
}

/** What `tracing.ts` puts in place when OTEL_EXPORTER_OTLP_ENDPOINT is set. */
export interface SpanStarter {
  run<T>(name: string, attributes: SpanAttributes, work: (span: RunningSpan) => T, options: SpanOptions): T;
  open(name: string, attributes: SpanAttributes, options: SpanOptions): OpenSpan;
  traceparent(): string | undefined;
}

const SILENT: RunningSpan = { set: () => undefined, fail: () => undefined };
let starter: SpanStarter | undefined;

export function setSpanStarter(started: SpanStarter | undefined): void {
  starter = started;
}

/** Undefined while tracing is off. */
export function spanStarter(): SpanStarter | undefined {
  return starter;
}

/** What goes out with calls and messages: the running span, or the flow's own trace while tracing is off. */
export function currentTraceparent(): string | undefined {
  return starter?.traceparent() ?? currentFlow()?.traceparent;
}

/**
 * Runs `work` inside a span of the current trace; a throw or rejection marks it failed and goes on. While tracing is off this is one
 * comparison and the call itself.
 * @example `await span('search.embed', { 'atoll.texts': texts.length }, () => this.embedder.embed(texts, 'passage'));`
 */
export function span<T>(name: string, attributes: SpanAttributes, work: (span: RunningSpan) => T, options: SpanOptions = {}): T {
  return starter ? starter.run(name, attributes, work, options) : work(SILENT);
}

/**
 * Like `span` for a stream: begins when its first item is asked for; ends with it, with its failure, or when its reader leaves. What
 * makes the items runs inside. `atoll.items` and `atoll.ended` (complete, failed, left) say how far it came; an error after the flow's
 * own abort is no failure, its reader had left.
 */
export function streamSpan<T>(name: string, source: AsyncIterable<T>, options: SpanOptions = {}): AsyncIterable<T> {
  return starter ? inSpan(starter, name, source, options) : source;
}

async function* inSpan<T>(tracing: SpanStarter, name: string, source: AsyncIterable<T>, options: SpanOptions): AsyncGenerator<T> {
  const running = tracing.open(name, {}, options);
  let items = 0;
  let ended = 'left';
  try {
    for await (const item of pulledBy(running.within, source)) {
      items += 1;
      yield item;
    }
    ended = 'complete';
  } catch (error) {
    if (!currentFlow()?.signal?.aborted) {
      ended = 'failed';
      running.fail(error);
    }
    throw error;
  } finally {
    running.set({ 'atoll.items': items, 'atoll.ended': ended });
    running.end(false);
  }
}

/** Attribute names of the OpenTelemetry GenAI semantic conventions, as the agent's model calls use them. */
export const GEN_AI = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  maxTokens: 'gen_ai.request.max_tokens',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  conversation: 'gen_ai.conversation.id',
  agent: 'gen_ai.agent.id',
} as const;
