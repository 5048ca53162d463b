import type { Provider, Type } from '@nestjs/common';
import { AppError, errorData, fromErrorData } from '../errors/app-error.js';
import { CoreConfig } from '../config/core.config.js';
import type { CallOptions, Contract } from './contract.js';

/**
 * Binds a contract to the service that implements it in this process. Each call has its deadline; with `strict` (development and
 * tests) arguments, results and errors take the same JSON round trip as over the wire, so what would break remotely breaks today.
 */
export function provideContract<T extends object>(contract: Contract<T>, service: Type<T>): Provider[] {
  return [
    service,
    {
      provide: contract.token,
      inject: [service, CoreConfig],
      useFactory: (target: T, core: CoreConfig) => bindLocal(contract, target, core.strictCalls),
    },
  ];
}

export function bindLocal<T extends object>(contract: Contract<T>, target: T, strict: boolean): T {
  const bound: Record<string, unknown> = {};
  for (const [name, options] of Object.entries(contract.calls)) {
    const call = (target as Record<string, (input?: unknown) => unknown>)[name]!.bind(target);
    const where = `${contract.name}.${name}`;
    bound[name] = options.kind === 'stream'
      ? (input?: unknown) => localStream(call as never, where, strict, input)
      : (input?: unknown) => localCall(call as never, where, options, strict, input);
  }
  return bound as T;
}

async function localCall(call: (input: unknown) => Promise<unknown>, where: string, options: CallOptions, strict: boolean, input: unknown): Promise<unknown> {
  const answer = call(strict ? roundTrip(input, where) : input);
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(deadlinePassed(where, options.deadlineMs)), options.deadlineMs);
    timer.unref();
  });
  try {
    const result = await Promise.race([answer, deadline]);
    return strict ? roundTrip(result, where) : result;
  } catch (error) {
    throw strict && error instanceof AppError ? fromErrorData(roundTrip(errorData(error), where)) : error;
  } finally {
    clearTimeout(timer);
  }
}

async function* localStream(call: (input: unknown) => AsyncIterable<unknown>, where: string, strict: boolean, input: unknown): AsyncGenerator<unknown> {
  for await (const part of call(strict ? roundTrip(input, where) : input)) {
    yield strict ? roundTrip(part, where) : part;
  }
}

function roundTrip<V>(value: V, where: string): V {
  if (value === undefined) return value;
  assertPlain(value, where);
  return JSON.parse(JSON.stringify(value)) as V;
}

/** JSON.stringify turns a Date into text and drops functions without a word; here both are told at once. */
export function assertPlain(value: unknown, where: string): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || value === undefined) return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw notPlain(where, String(value));
    return;
  }
  if (typeof value !== 'object') throw notPlain(where, typeof value);
  if (Array.isArray(value)) {
    for (const item of value) assertPlain(item, where);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notPlain(where, (prototype as object).constructor.name);
  for (const item of Object.values(value)) assertPlain(item, where);
}

function notPlain(where: string, what: string): AppError {
  return new AppError('internal', 'kernel.not-plain', `${where} was given or returned a ${what}, which would not survive the wire. Contracts carry plain JSON data only.`);
}

function deadlinePassed(where: string, ms: number): AppError {
  return new AppError('deadline', 'kernel.deadline', `${where} did not answer within ${ms} ms. It may still finish; ask again later.`);
}
