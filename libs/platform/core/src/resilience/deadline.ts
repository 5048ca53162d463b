/**
 * What `work` gives, or a rejection with `late()` when it took longer than `ms`. The work itself is not stopped. A busy event loop fires
 * timers before it reads answers that are already there, so one more turn decides.
 */
export function withDeadline<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(late())), ms);
    timer.unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Waits until `work` has settled, well or not, for `ms` at most; false where it has not. For a shutdown that must not hang. */
export function settledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = work.then(() => true, () => true);
  return withDeadline(settled, ms, () => new Error('late')).catch(() => false);
}

interface Pending {
  reject: (error: Error) => void;
  /** The sweep during which it was added. */
  sweep: number;
  previous: Pending | undefined;
  next: Pending | undefined;
}

const SWEEPS = 8;

/**
 * One deadline for many short calls: they stand in a queue in the order of their beginning, and one timer for all of them looks at its
 * head. That costs a call a tenth of a timer of its own; in return it may be told an eighth of `ms` too late that its time is up.
 */
export class DeadlineQueue {
  private head: Pending | undefined;
  private tail: Pending | undefined;
  private sweeps = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly ms: number,
    private readonly late: () => Error,
  ) {}

  /** As `withDeadline`. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const pending = this.add(reject);
      work.then(
        (value) => {
          this.remove(pending);
          resolve(value);
        },
        (error: Error) => {
          this.remove(pending);
          reject(error);
        },
      );
    });
  }

  private add(reject: (error: Error) => void): Pending {
    const pending: Pending = { reject, sweep: this.sweeps, previous: this.tail, next: undefined };
    if (this.tail) this.tail.next = pending;
    else this.head = pending;
    this.tail = pending;
    this.timer ??= setInterval(() => this.expire(), this.ms / SWEEPS).unref();
    return pending;
  }

  private remove({ previous, next }: Pending): void {
    if (previous) previous.next = next;
    else this.head = next;
    if (next) next.previous = previous;
    else this.tail = previous;
  }

  private expire(): void {
    this.sweeps += 1;
    for (let pending = this.head; pending && this.sweeps - pending.sweep > SWEEPS; pending = this.head) {
      this.remove(pending);
      pending.reject(this.late());
    }
    if (!this.head) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }
}
