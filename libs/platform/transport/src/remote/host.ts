import { AppError, type Contract, type Flow, pulledIn, runInFlow, span, type SpanOptions, streamSpan } from '#platform/core';
import type { CallHandler, RedisStreamsServer } from './streams-server.js';

/**
 * Answers calls from other processes: registers every call of a hosted contract with the transport. The tenant is rebuilt from the signed
 * message; a call without one is refused unless the contract says that the call is made before a tenant is known.
 */
export function hostContract<T extends object>(contract: Contract<T>, target: T, server: RedisStreamsServer): void {
  for (const [name, options] of Object.entries(contract.calls)) {
    const call = (target as Record<string, (input: unknown) => unknown>)[name]!.bind(target);
    const handler: CallHandler = (message, signal) => {
      const { version = 1, answers = [] } = options;
      if (message.version !== version && !answers.includes(message.version)) throw unknownVersion(message.call, message.version, [...answers, version]);
      if (!message.scope && !options.anonymous) throw noTenant(message.call);
      const flow: Flow = { requestId: message.requestId, traceparent: message.traceparent, causation: message.id, signal, ...(message.scope && { scope: message.scope }) };
      const input = message.input ?? undefined;
      const tracing: SpanOptions = { kind: 'server', parent: message.traceparent };
      return options.kind === 'stream'
        ? pulledIn(flow, streamSpan(`serve ${message.call}`, { [Symbol.asyncIterator]: () => (call(input) as AsyncIterable<unknown>)[Symbol.asyncIterator]() }, tracing))
        : runInFlow(flow, () => span(`serve ${message.call}`, {}, () => call(input) as Promise<unknown>, tracing));
    };
    server.addHandler(`${contract.name}.${name}`, handler as never);
  }
}

function unknownVersion(call: string, asked: number, known: number[]): AppError {
  return new AppError('unavailable', 'kernel.unknown-version', `${call} was asked for as version ${asked}, and the running process answers ${known.join(' and ')}. Nothing was done. Deploy a context before its callers, and keep answering the version before for one release.`);
}

function noTenant(call: string): AppError {
  return new AppError('unauthenticated', 'kernel.call-without-tenant', `${call} was asked for without a tenant and was refused. This is a bug in Atoll; nothing was read.`);
}
