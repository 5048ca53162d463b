import 'reflect-metadata';
import { AppError, isId } from '#platform/core';
import type { Audit } from './audit.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the options of one decorator name the arguments of its own method
type Arguments = any;

interface AuditedOptions<Result> {
  /** Id of what it was done to. By default the `id` of what the method returned, else its first argument that is an id. */
  target?: (result: Result, args: Arguments) => string | null;
  /** Small facts for the entry. By default the names of the fields that were sent: values may be anything. */
  detail?: (result: Result, args: Arguments) => Record<string, unknown>;
  /** What the route that calls it answers, which commits with the effect for a request that is repeated. By default what was returned. */
  answer?: (result: Result) => unknown;
}

const ACTIONS = Symbol('atoll.audited');

/** Which `Audit` the methods of an instance write to; filled in at boot. */
export const auditOf = new WeakMap<object, Audit>();

/**
 * Makes a method one transaction with its audit entry: `db.tx` of the action's context around it, and the entry inside. So it keeps inside
 * the database: no HTTP, no blob, no call into another context. Where a route does more, mark the service method that holds the
 * transaction, and the route `@Unaudited('<that method> audits it')`. A method that returns `false` did nothing and leaves no entry.
 *
 * @example `@Patch(':id') @Allow('agent.agents.write') @Audited('agent.agent.changed') change(id, body) {}`
 */
export function Audited<Result = never>(action: string, options: AuditedOptions<Result> = {}) {
  return <M extends (...args: never[]) => Promise<unknown>>(target: object, _method: string | symbol,
    descriptor: TypedPropertyDescriptor<M>): void => {
    const work = descriptor.value as unknown as (...args: unknown[]) => Promise<unknown>;
    const { target: targetOf = usualTarget, detail: detailOf = usualDetail, answer = same } = options as AuditedOptions<unknown>;
    const wrapped = async function (this: object, ...args: unknown[]): Promise<unknown> {
      const audit = auditOf.get(this);
      if (!audit) throw unbound(action);
      return audit.transaction(
        () => work.apply(this, args),
        async (result) => {
          if (result !== false) await audit.note(action, { target: targetOf(result, args), detail: detailOf(result, args) });
        },
        answer,
      );
    };
    for (const key of Reflect.getOwnMetadataKeys(work) as string[]) Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, work), wrapped);
    descriptor.value = Object.defineProperty(wrapped, 'name', { value: work.name }) as unknown as M;
    const actions = (Reflect.getOwnMetadata(ACTIONS, target.constructor) as string[] | undefined) ?? [];
    Reflect.defineMetadata(ACTIONS, [...actions, action], target.constructor);
  };
}

/** A route that changes something and leaves no entry of its own, and why: what audits it instead, or why nobody needs to know. */
export function Unaudited(_why: string): MethodDecorator {
  return () => undefined;
}

/** Actions of a class's methods. */
export function auditedActions(type: object): string[] {
  return (Reflect.getOwnMetadata(ACTIONS, type) as string[] | undefined) ?? [];
}

function usualTarget(result: unknown, args: unknown[]): string | null {
  const id = (result as { id?: unknown } | null | undefined)?.id;
  return isId(id) ? id : ((args.find((one) => isId(one)) as string | undefined) ?? null);
}

function usualDetail(_result: unknown, args: unknown[]): Record<string, unknown> {
  const body = args.find((one) => one !== null && typeof one === 'object' && !Array.isArray(one));
  const fields = body ? Object.entries(body).filter(([, value]) => value !== undefined).map(([name]) => name) : [];
  return fields.length > 0 ? { fields } : {};
}

function same(result: unknown): unknown {
  return result;
}

function unbound(action: string): AppError {
  return new AppError('internal', 'kernel.audit-unbound',
    `${action} ran on an object that Nest did not make, so it could not be audited and was not done. Let the container make it. This is ` +
      `a bug in Atoll.`);
}
