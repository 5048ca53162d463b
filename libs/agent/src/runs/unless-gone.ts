import { AppError } from '#platform/core';

/** For `catch`: what was deleted meanwhile is undefined, every other error stays one. */
export function unlessGone(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'not-found') return undefined;
  throw error;
}
