import { logger } from '#platform/core';

/** Drains on SIGTERM and SIGINT. A second signal does not wait. */
export function exitOnSignals(drain: () => Promise<void>): void {
  const log = logger('edge');
  let leaving = false;
  const leave = (signal: NodeJS.Signals): void => {
    if (leaving) process.exit(1);
    leaving = true;
    log.info({ signal }, 'draining');
    drain().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error }, 'did not close cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
}
