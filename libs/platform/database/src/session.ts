import { AppError, currentFlow, type Flow, isId } from '#platform/core';
import { contextRole, systemRole } from './tables.js';
import type { Transaction } from './transaction.js';

/** Under which Postgres role and for which tenant a statement runs; '' is no tenant, which only system work may have. */
export interface Session {
  role: string;
  tenantId: string;
}

/** What `flow.unit` holds: system work, an open unit of work, or both. */
export interface Unit {
  context: string;
  session: Session;
  transaction?: Transaction;
  /** What it was opened in. */
  outer?: Unit;
  /** Its work has ended; a statement that still comes was not awaited. */
  over: boolean;
}

/**
 * The unit a statement of `context` belongs to. An open transaction of another context is no place for it: on the embedded engine the
 * two would wait for each other for ever, and on a server they would commit apart.
 */
export function unitOf(context: string, flow: Flow | undefined): Unit | undefined {
  for (let unit = flow?.unit as Unit | undefined; unit; unit = unit.outer) {
    if (unit.context === context) {
      if (unit.over) throw unitOver(context);
      return unit;
    }
    if (unit.transaction && !unit.over) throw crossContext(context, unit.context);
  }
  return undefined;
}

/** `flow` inside the unit of work that is open now: the handlers of several messages share one, each in the flow of its own message. */
export function inOpenUnit(flow: Flow): Flow {
  return { ...flow, unit: currentFlow()?.unit };
}

/** The session of the next statement of `context`, from its flow alone. Fails closed: no tenant and no system work -> throws. */
export function sessionOf(context: string, unit: Unit | undefined, flow: Flow | undefined): Session {
  if (!unit) return { role: contextRole(context), tenantId: tenantOf(flow) };
  assertSameTenant(unit.session, flow);
  return unit.session;
}

/** A statement runs for the tenant its connection was taken for, or not at all. */
export function assertSameTenant(session: Session, flow: Flow | undefined): void {
  if (session.tenantId !== '' && flow?.scope?.tenantId !== session.tenantId) throw tenantChanged();
}

export function systemSession(context: string): Session {
  return { role: systemRole(context), tenantId: '' };
}

function tenantOf(flow: Flow | undefined): string {
  const tenantId = flow?.scope?.tenantId;
  if (!isId(tenantId)) throw noTenant();
  return tenantId;
}

function noTenant(): AppError {
  return new AppError('internal', 'kernel.no-tenant', 'A database statement was about to run without a tenant, so it was not sent. This is a bug in Atoll; no data was read or written.');
}

function tenantChanged(): AppError {
  return new AppError('internal', 'kernel.tenant-changed', 'The tenant changed between queueing and running a database statement, so it was not sent. This is a bug in Atoll; no data was read or written.');
}

function unitOver(context: string): AppError {
  return new AppError('internal', 'kernel.unit-over', `A statement of ${context} came after its unit of work had ended: something inside db.tx or db.system was not awaited. It was not sent. This is a bug in Atoll.`);
}

function crossContext(context: string, open: string): AppError {
  return new AppError('internal', 'kernel.cross-context', `A unit of work of ${open} is open, and ${context} was called inside it. Commit first, then call; or publish an event. This is a bug in Atoll; nothing was sent.`);
}
