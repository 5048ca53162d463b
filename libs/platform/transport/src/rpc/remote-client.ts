import type { Subscription } from 'rxjs';
import { AppError, type CallOptions, CircuitBreaker, type Contract, PushQueue, span, streamSpan, withDeadline } from '#platform/core';
import { CallRecord, type StreamParts } from './call-message.js';
import { WINDOW } from './flow-control.js';
import type { RedisStreamsClient } from './redis-streams.client.js';

/** A call of a context elsewhere, with what each asking of it needs. */
interface RemoteCall {
  client: RedisStreamsClient;
  circuit: CircuitBreaker;
  /** `<context>.<call>` */
  name: string;
  options: CallOptions;
}

/**
 * A contract whose context runs elsewhere: a plain object with one function per call, under the same DI token as the local service.
 * A query that nobody answered, or a replica of the version before, is asked once more within its deadline; a command is not, its sender
 * repeats it under its own id.
 */
export function remoteClient<T extends object>(contract: Contract<T>, client: RedisStreamsClient): T {
  const circuit = new CircuitBreaker(contract.name);
  const calls = Object.entries(contract.calls).map(([method, options]) => {
    const call: RemoteCall = { client, circuit, options, name: `${contract.name}.${method}` };
    const label = `call ${call.name}`;
    return [method, options.kind === 'stream'
      ? (input?: unknown) => streamSpan(label, stream(call, input), { kind: 'client' })
      : (input?: unknown) => span(label, {}, () => ask(call, input), { kind: 'client' })];
  });
  return Object.fromEntries(calls) as T;
}

async function ask(call: RemoteCall, input: unknown): Promise<unknown> {
  const { circuit, options } = call;
  const end = Date.now() + options.deadlineMs;
  for (let left = options.kind === 'query' ? 2 : 1; ; left--) {
    circuit.assertClosed();
    try {
      const result = await askOnce(call, input, Math.ceil((end - Date.now()) / left));
      circuit.succeeded();
      return result;
    } catch (error) {
      if (isSilence(error)) circuit.failed();
      else circuit.succeeded();
      if (left === 1 || !(isSilence(error) || isOfBefore(error))) throw error;
    }
  }
}

function askOnce({ client, name, options: { kind, version } }: RemoteCall, input: unknown, ms: number): Promise<unknown> {
  let subscription: Subscription;
  const answer = new Promise((resolve, reject) => {
    const record = new CallRecord(input, { version, deadline: Date.now() + ms, repeatable: kind === 'query' });
    subscription = client.send<unknown>(name, record).subscribe({ next: resolve, error: (error) => reject(asAppError(error, name)) });
  });
  return withDeadline(answer, ms, () => silence(name)).finally(() => subscription.unsubscribe());
}

/** A stream's deadline is its longest silence, so the message itself only has to be taken within it. */
async function* stream({ client, circuit, name, options }: RemoteCall, input: unknown): AsyncGenerator<unknown> {
  circuit.assertClosed();
  const record = new CallRecord(input, { version: options.version, deadline: Date.now() + options.deadlineMs });
  const arrived = new PushQueue<unknown>((news) => withDeadline(news, options.deadlineMs, () => {
    circuit.failed();
    return silence(name);
  }));
  let next = 0;
  const subscription = client.send<StreamParts>(name, record).subscribe({
    next: ({ seq, parts }) => {
      // A replica that took the stream over begins anew: what is known already is skipped.
      const fresh = parts.slice(Math.max(0, next - seq));
      next += fresh.length;
      if (fresh.length < parts.length) client.grant(record.id, parts.length - fresh.length);
      circuit.succeeded();
      arrived.push(...fresh);
    },
    error: (error: unknown) => arrived.end(asAppError(error, name)),
    complete: () => arrived.end(),
  });
  try {
    let read = 0;
    for await (const part of arrived) {
      yield part;
      read += 1;
      if (read % (WINDOW / 2) === 0) client.grant(record.id, WINDOW / 2);
    }
  } finally {
    subscription.unsubscribe();
  }
}

/** What another context answered comes as an AppError; anything else means that Redis did not take the call. */
function asAppError(error: unknown, call: string): AppError {
  if (error instanceof AppError) return error;
  const context = call.slice(0, call.indexOf('.'));
  const text = `${context} could not be reached: Redis did not take the call. Try again; the operator sees why in the logs.`;
  return new AppError('unavailable', 'kernel.redis-unavailable', text, { cause: error });
}

function silence(call: string): AppError {
  const text = `${call} was not answered in time by the context it belongs to. It may still finish; try again in a moment.`;
  return new AppError('deadline', 'kernel.deadline', text, { retryAfterSeconds: 1 });
}

/** A replica of the version before had it; while a release is rolled the next one may be of ours. */
function isOfBefore(error: unknown): boolean {
  return error instanceof AppError && ['kernel.unknown-version', 'kernel.unknown-call'].includes(error.reason);
}

/** Nobody answered, as opposed to an answer that says no. */
function isSilence(error: unknown): boolean {
  return error instanceof AppError && ['kernel.deadline', 'kernel.redis-unavailable'].includes(error.reason);
}
