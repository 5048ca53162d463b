import type { Provider, Type } from '@nestjs/common';
import { AppError, errorData, fromErrorData } from '../errors/app-error.js';
import { CoreConfig } from '../config/core.config.js';
import { DeadlineQueue } from '../resilience/deadline.js';
import type { Contract } from './contract.js';

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

type Call = (input?: unknown) => Promise<unknown>;
type StreamCall = (input?: unknown) => AsyncIterable<unknown>;

export function bindLocal<T extends object>(contract: Contract<T>, target: T, strict: boolean): T {
  const bound: Record<string, unknown> = {};
  for (const [name, { kind, deadlineMs }] of Object.entries(contract.calls)) {
    const call: unknown = (target as Record<string, Call | StreamCall>)[name]!.bind(target);
    const where = `${contract.name}.${name}`;
    const deadlines = new DeadlineQueue(deadlineMs, () => deadlinePassed(where, deadlineMs));
    if (kind === 'stream') bound[name] = strict ? strictStream(call as StreamCall, where) : call;
    else bound[name] = inTime(strict ? strictCall(call as Call, where) : (call as Call), deadlines);
  }
  return bound as T;
}

/** Not an async function: those cost as much again as the call itself. */
function inTime(call: Call, deadlines: DeadlineQueue): Call {
  return (input) => {
    try {
      const answer: unknown = call(input);
      return deadlines.race(answer instanceof Promise ? answer : Promise.resolve(answer));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  };
}

function strictCall(call: Call, where: string): Call {
  return async (input) => {
    try {
      return roundTrip(await call(roundTrip(input, where)), where);
    } catch (error) {
      throw error instanceof AppError ? fromErrorData(roundTrip(errorData(error), where)) : error;
    }
  };
}

function strictStream(call: StreamCall, where: string): StreamCall {
  return async function* (input) {
    for await (const part of call(roundTrip(input, where))) yield roundTrip(part, where);
  };
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
  const text = `${where} was given or returned a ${what}, which would not survive the wire. Contracts carry plain JSON data only.`;
  return new AppError('internal', 'kernel.not-plain', text);
}

function deadlinePassed(where: string, ms: number): AppError {
  return new AppError('deadline', 'kernel.deadline', `${where} did not answer within ${ms} ms. It may still finish; ask again later.`);
}
