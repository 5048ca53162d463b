import { AppError } from '#platform/core';
import { SECOND_FACTOR_NEEDED } from '../totp/totp.service.js';
import type { Attempt } from '../throttle/throttle.service.js';

/** What follows the password. Where a code is asked for, the attempt is neither a failure nor a success: it comes again with one. */
export async function conclude<T>(attempt: Attempt, further: () => Promise<T>): Promise<T> {
  try {
    const done = await further();
    await attempt.succeeded();
    return done;
  } catch (error) {
    if (error instanceof AppError && error.reason === SECOND_FACTOR_NEEDED) await attempt.withdraw();
    throw error;
  }
}
