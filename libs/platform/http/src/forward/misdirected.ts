import { AppError } from '#platform/core';

/** A process that was taken for the host of a context hands nothing on: two that point at each other would never end. */
export function misdirected(context: string): AppError {
  return new AppError('unavailable', 'kernel.misdirected',
    `The request was forwarded to a process that does not serve this route of ${context}, so nothing was done: it hosts something else, ` +
      `or an older version. The operator has to mend ATOLL_URL_${context.toUpperCase()}, or to finish the deployment.`);
}
