import { AppError, type Flow, isId } from '#platform/core';
import { contextRole, systemRole } from '../schema/tables.js';

/** Under which Postgres role and for which tenant a statement runs; '' is no tenant, which only system work may have. */
export interface DbScope {
  role: string;
  tenantId: string;
}

/** The scope of a context's ordinary statement, from its flow alone. Fails closed: no tenant -> throws. */
export function tenantScope(context: string, flow: Flow | undefined): DbScope {
  const tenantId = flow?.scope?.tenantId;
  if (!isId(tenantId)) throw noTenant();
  return { role: contextRole(context), tenantId };
}

export function systemScope(context: string): DbScope {
  return { role: systemRole(context), tenantId: '' };
}

/** A statement runs for the tenant its connection was taken for, or not at all. */
export function assertSameTenant(scope: DbScope, flow: Flow | undefined): void {
  if (scope.tenantId !== '' && flow?.scope?.tenantId !== scope.tenantId) throw tenantChanged();
}

function noTenant(): AppError {
  return new AppError(
    'internal', 'kernel.no-tenant',
    'A database statement was about to run without a tenant, so it was not sent. This is a bug in Atoll; no data was read or written.',
  );
}

function tenantChanged(): AppError {
  return new AppError(
    'internal', 'kernel.tenant-changed',
    'The tenant changed between queueing and running a database statement, so it was not sent. This is a bug in Atoll; no data was read ' +
    'or written.',
  );
}
