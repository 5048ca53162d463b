import { logger } from '#platform/core';

const log = logger('kernel');

/** Writes the latest value at once, then at most once per `everyMs`; what was overtaken is never written, the last value always is. */
export function throttle<T>(everyMs: number, write: (value: T) => Promise<void>): (value: T) => void {
  let next: { latest: T } | undefined;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    if (!next) return;
    const { latest } = next;
    next = undefined;
    write(latest).catch((error: unknown) => log.warn({ error }, 'progress was not written'));
    timer = setTimeout(flush, everyMs).unref();
  };
  return (value) => {
    next = { latest: value };
    if (!timer) flush();
  };
}
