import { AppError } from '../errors/app-error.js';
import { type Flow, type Scope, current, currentFlow, runInFlow } from './scope.js';
import { newId } from './ids.js';
import { randomHex } from './random.js';

/** A fresh W3C traceparent, sampled flag set. */
export function newTraceparent(): string {
  return `00-${randomHex(16)}-${randomHex(8)}-01`;
}

/** Opens a flow of its own for a tenant: the entry of job runner, dispatcher, RPC controller, start-up seeding and tests. */
export function runAs<T>(scope: Scope, work: () => T, origin: Partial<Omit<Flow, 'scope' | 'work'>> = {}): T {
  return runInFlow(
    { requestId: origin.requestId ?? newId(), traceparent: origin.traceparent ?? newTraceparent(), ...origin, scope: { ...scope } },
    work,
  );
}

/**
 * Work of the house itself inside a tenant: a schedule, a buffer, a look-up before anybody is known. `id` names who does it; it holds no
 * permission, so it is the one way in which a context may step behind a tenant's wall.
 */
export function asService<T>(tenantId: string, id: string, work: () => T, origin?: Partial<Omit<Flow, 'scope' | 'work'>>): T {
  return runAs({ tenantId, actor: { kind: 'service', id, roles: [], permissions: [] } }, work, origin);
}

/**
 * Pulls every item of `source` inside `flow`. An async generator runs in the context of whoever calls `next()`, so a stream that
 * is pulled from a socket's callback would otherwise run without a tenant, or under another one.
 */
export function pulledIn<T>(flow: Flow, source: AsyncIterable<T>): AsyncGenerator<T> {
  return pulledBy((work) => runInFlow(flow, work), source);
}

/** Opens, pulls and closes `source` by way of `within`: an AsyncLocalStorage that its maker has to find. */
export async function* pulledBy<T>(within: <R>(work: () => R) => R, source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = within(() => source[Symbol.asyncIterator]());
  try {
    for (;;) {
      const step = await within(() => iterator.next());
      if (step.done) return;
      yield step.value;
    }
  } finally {
    await within(() => iterator.return?.());
  }
}

/**
 * Work of an operator of the deployment inside a tenant: in their own name, which its audit log tells, and with none of a member's
 * permissions.
 */
export function operateIn<T>(tenantId: string, work: () => T): T {
  const { kind, id } = current().actor;
  if (kind !== 'operator') throw new AppError('internal', 'kernel.no-operator',
    'This goes into another tenant and is for operators of the deployment alone. This is a bug in Atoll; nothing was done.');
  return runAs({ tenantId, actor: { kind, id, roles: [], permissions: [] } }, work,
    { requestId: currentFlow()?.requestId, traceparent: currentFlow()?.traceparent });
}
