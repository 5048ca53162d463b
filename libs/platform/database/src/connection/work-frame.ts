import { AppError, currentFlow, type Flow } from '#platform/core';
import { assertSameTenant, type DbScope, tenantScope } from './db-scope.js';
import type { Transaction } from './transaction.js';

/** What `flow.work` holds: system work, an open transaction, or both. */
export interface WorkFrame {
  context: string;
  scope: DbScope;
  transaction?: Transaction;
  /** What it was opened in. */
  outer?: WorkFrame;
  /** Its work has ended; a statement that still comes was not awaited. */
  over: boolean;
}

/**
 * The work a statement of `context` belongs to. An open transaction of another context is no place for it: on the embedded engine the
 * two would wait for each other for ever, and on a server they would commit apart.
 */
export function openWorkOf(context: string, flow: Flow | undefined): WorkFrame | undefined {
  for (let frame = flow?.work as WorkFrame | undefined; frame; frame = frame.outer) {
    if (frame.context === context) {
      if (frame.over) throw workOver(context);
      return frame;
    }
    if (frame.transaction && !frame.over) throw crossContext(context, frame.context);
  }
  return undefined;
}

/** `flow` inside the transaction that is open now: the handlers of several messages share one, each in the flow of its own message. */
export function inOpenTransaction(flow: Flow): Flow {
  return { ...flow, work: currentFlow()?.work };
}

/** The scope of the next statement of `context`. */
export function scopeOf(context: string, frame: WorkFrame | undefined, flow: Flow | undefined): DbScope {
  if (!frame) return tenantScope(context, flow);
  assertSameTenant(frame.scope, flow);
  return frame.scope;
}

function workOver(context: string): AppError {
  return new AppError(
    'internal', 'kernel.unit-over',
    `A statement of ${context} came after its unit of work had ended: something inside db.tx or db.system was not awaited. It was not ` +
    'sent. This is a bug in Atoll.',
  );
}

function crossContext(context: string, open: string): AppError {
  return new AppError(
    'internal', 'kernel.cross-context',
    `A unit of work of ${open} is open, and ${context} was called inside it. Commit first, then call; or publish an event. This is a bug ` +
    'in Atoll; nothing was sent.',
  );
}
