import { AppError } from '../errors/app-error.js';
import type { Secrets } from '../crypto/secrets.js';
import { newTraceparent, runAs } from './flow.js';
import { type Scope, current, currentFlow } from './scope.js';

const PURPOSE = 'kernel.resume';

/** Work that outlives the request it began in: the same tenant, actor and trace, but not the request's own end, abort or transaction. */
export function detached<T>(work: () => T): T {
  return runAs(current(), work, { traceparent: currentFlow()?.traceparent ?? newTraceparent() });
}

/**
 * The running tenant and actor as a text that only this deployment can make and read: kept beside work that another process may have to
 * finish. `subject` (the id of that work) is part of it, so that a text copied to other work opens nothing.
 */
export function sealScope(secrets: Secrets, subject: string): string {
  return secrets.seal(PURPOSE, JSON.stringify(current()), subject);
}

/**
 * Goes on with sealed work for whoever began it. The actor is who it was, but may nothing any more: what they were allowed was decided
 * then.
 */
export function runSealed<T>(secrets: Secrets, sealed: string, subject: string, tenantId: string, work: (scope: Scope) => T): T {
  const { actor, ...begun } = JSON.parse(secrets.open(PURPOSE, sealed, subject).toString()) as Scope;
  if (begun.tenantId !== tenantId) {
    throw new AppError('internal', 'kernel.resume', 'Work was sealed for another tenant than the one whose row holds it; nothing was ' +
      'done. This is a bug in Atoll, or somebody changed the database.');
  }
  const scope: Scope = { tenantId, actor: { ...actor, roles: [], permissions: [] } };
  return runAs(scope, () => work(scope));
}
