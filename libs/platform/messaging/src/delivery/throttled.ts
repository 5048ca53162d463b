import { logger } from '#platform/core';

const log = logger('kernel');

/** Writes the latest value at once, then at most once per `everyMs`; what was overtaken is never written, the last value always is. */
export class Throttled<T> {
  private value: { latest: T } | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly everyMs: number,
    private readonly write: (value: T) => Promise<void>,
  ) {}

  set(value: T): void {
    this.value = { latest: value };
    if (!this.timer) this.flush();
  }

  private flush(): void {
    if (!this.value) {
      this.timer = undefined;
      return;
    }
    const { latest } = this.value;
    this.value = undefined;
    this.write(latest).catch((error: unknown) => log.warn({ error }, 'progress was not written'));
    this.timer = setTimeout(() => this.flush(), this.everyMs).unref();
  }
}
