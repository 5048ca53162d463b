import { AppError } from '#platform/core';
import { behindPooler } from './pooler.js';

/** Postgres' five-character SQLSTATE of an error thrown by a statement, through `db.query` or TypeORM alike. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  // Node's own codes (EPIPE) are words; every SQLSTATE holds a digit.
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Whether a row of the same key exists already (of this constraint, if named): the one expected failure services turn into `conflict`. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== '23505') return false;
  return constraint === undefined || (error as { constraint?: string }).constraint === constraint;
}

/** Waits for a write; where a row of the same key exists already (of this constraint, if named), `refusal` is thrown instead. */
export async function onDuplicate<T>(write: Promise<T>, refusal: () => Error, constraint?: string): Promise<T> {
  try {
    return await write;
  } catch (error) {
    throw isUniqueViolation(error, constraint) ? refusal() : error;
  }
}

/** Classes of SQLSTATE that mean "not now": connection, resources, shutdown; and lost races over locks. */
const NOT_NOW = /^(08|53|57P0)/;
/** A server that was made read-only, or a standby after its primary changed: it is about to be a primary again, or another one is. */
const READ_ONLY = '25006';
const CONTENTION = new Set(['40001', '40P01', '55P03']);

/**
 * What an error of the database means to a caller. What Postgres says about data or SQL stays as it is, for services to read; an error
 * without SQLSTATE comes from the connection itself.
 */
export function databaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const pooled = behindPooler(error);
  if (pooled) return pooled;
  const state = sqlState(error);
  if (state === undefined) return isProgramming(error) ? error : unavailable(error);
  if (NOT_NOW.test(state)) return unavailable(error);
  if (CONTENTION.has(state)) return contention(error);
  if (state === READ_ONLY) return readOnly(error);
  if (state === '57014') return tooSlow(error);
  return error;
}

export function unavailable(cause: unknown): AppError {
  return new AppError('unavailable', 'kernel.database-unavailable',
    'The database cannot be reached right now, so nothing was done. Try again in a moment.', { cause, retryAfterSeconds: 1 });
}

function readOnly(cause: unknown): AppError {
  return new AppError('unavailable', 'kernel.database-read-only',
    'The database takes no writes right now, so nothing was changed; reading goes on. Try again in a moment.',
    { cause, retryAfterSeconds: 5 });
}

export function tooSlow(cause: unknown): AppError {
  return new AppError('deadline', 'kernel.statement-timeout',
    'A database statement took longer than it may and was stopped; nothing of it was kept. Try again, or ask for less at once.', { cause });
}

function contention(cause: unknown): AppError {
  return new AppError('unavailable', 'kernel.database-contention',
    'Two changes wanted the same rows at the same time and this one gave way; nothing of it was kept. Try again.',
    { cause, retryAfterSeconds: 1 });
}

function isProgramming(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
}
