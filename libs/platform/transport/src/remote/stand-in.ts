import { AppError, type CallOptions, type Contract, currentFlow, currentTraceparent, newId, newTraceparent, span, streamSpan, toAppError } from '#platform/core';
import type { CallMessage, ReplyMessage } from './call-message.js';
import type { Circuit } from './circuit.js';
import { WINDOW } from './pump.js';
import type { RedisStreamsClient } from './streams-client.js';

type Request = Omit<CallMessage, 'reply'>;

/**
 * A contract whose context runs elsewhere: a plain object with one function per call, under the same DI token as the local service.
 * A query that nobody answered, or a replica of the version before, is asked once more within its deadline; a command is not, its sender repeats it under its own id.
 */
export function standIn<T extends object>(contract: Contract<T>, client: RedisStreamsClient, circuit: Circuit): T {
  const calls = Object.entries(contract.calls).map(([name, options]) => {
    const call = `${contract.name}.${name}`;
    return [name, options.kind === 'stream'
      ? (input?: unknown) => streamSpan(`call ${call}`, stream(client, circuit, call, options, input), { kind: 'client' })
      : (input?: unknown) => span(`call ${call}`, {}, () => ask(client, circuit, call, options, input), { kind: 'client' })];
  });
  return Object.fromEntries(calls) as T;
}

async function ask(client: RedisStreamsClient, circuit: Circuit, call: string, options: CallOptions, input: unknown): Promise<unknown> {
  const tries = options.kind === 'query' ? 2 : 1;
  const end = Date.now() + options.deadlineMs;
  for (let left = tries; ; left--) {
    circuit.assertClosed();
    try {
      const result = await askOnce(client, request(call, options, input, Date.now() + Math.ceil((end - Date.now()) / left)));
      circuit.succeeded();
      return result;
    } catch (error) {
      if (isSilence(error)) circuit.failed();
      else circuit.succeeded();
      if (left === 1 || !(isSilence(error) || isOfBefore(error))) throw error;
    }
  }
}

function askOnce(client: RedisStreamsClient, message: Request): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const leave = client.call(message, ({ err, response }) => {
      clearTimeout(timer);
      if (err) reject(toAppError(err));
      else resolve(response!.result);
    });
    const timer = setTimeout(() => {
      leave();
      reject(silence(message));
    }, message.deadline - Date.now());
  });
}

/** A stream's deadline is its longest silence, so the message itself only has to be taken within it. */
async function* stream(client: RedisStreamsClient, circuit: Circuit, call: string, options: CallOptions, input: unknown): AsyncGenerator<unknown> {
  circuit.assertClosed();
  const message = request(call, options, input, Date.now() + options.deadlineMs);
  const arrived: unknown[] = [];
  let next = 0;
  let given = 0;
  let over = false;
  let failure: AppError | undefined;
  let wake: () => void = () => undefined;
  const subscription = client.send<ReplyMessage, Request>(call, message).subscribe({
    next: ({ seq, parts = [] }) => {
      // A replica that took the stream over begins anew: what is known already is skipped.
      const fresh = parts.slice(Math.max(0, next - seq));
      arrived.push(...fresh);
      next += fresh.length;
      if (fresh.length < parts.length) client.grant(message.id, parts.length - fresh.length);
      circuit.succeeded();
      wake();
    },
    error: (error: unknown) => {
      failure = toAppError(error);
      wake();
    },
    complete: () => {
      over = true;
      wake();
    },
  });
  try {
    for (;;) {
      while (arrived.length > 0) {
        yield arrived.shift();
        given += 1;
        if (given === WINDOW / 2) {
          client.grant(message.id, given);
          given = 0;
        }
      }
      if (failure) throw failure;
      if (over) return;
      const heard = await waitFor((resolve) => (wake = resolve), options.deadlineMs);
      if (!heard) {
        circuit.failed();
        throw silence(message);
      }
    }
  } finally {
    subscription.unsubscribe();
  }
}

function waitFor(arm: (resolve: () => void) => void, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    arm(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function request(call: string, { version = 1 }: CallOptions, input: unknown, deadline: number): Request {
  const flow = currentFlow();
  return {
    id: newId(),
    call,
    version,
    input: input ?? null,
    scope: flow?.scope ?? null,
    requestId: flow?.requestId ?? newId(),
    traceparent: currentTraceparent() ?? newTraceparent(),
    time: Date.now(),
    deadline,
  };
}

function silence({ call }: Request): AppError {
  return new AppError('deadline', 'kernel.deadline', `${call} was not answered in time by the context it belongs to. It may still finish; try again in a moment.`, { retryAfterSeconds: 1 });
}

/** A replica of the version before had it; while a release is rolled the next one may be of ours. */
function isOfBefore(error: unknown): boolean {
  return error instanceof AppError && ['kernel.unknown-version', 'kernel.unknown-call'].includes(error.reason);
}

/** Nobody answered, as opposed to an answer that says no. */
function isSilence(error: unknown): boolean {
  return error instanceof AppError && ['kernel.deadline', 'kernel.redis-unavailable'].includes(error.reason);
}
