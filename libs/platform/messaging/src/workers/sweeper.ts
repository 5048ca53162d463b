import { AsyncResource } from 'node:async_hooks';
import { logger } from '#platform/core';

/** Longest pause a timer of Node can take. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A row that is due and still not promoted is locked by somebody; asked for again after this. */
const OVERDUE_MS = 50;

const log = logger('kernel');

/** Looks into the outbox when something is due, and every so often for what nobody told of. One look at a time. */
export class Sweeper {
  /** Asked from inside a publisher's flow; what follows must not run as that tenant. */
  private readonly outside = new AsyncResource('atoll.sweeper');
  private looking: { again: boolean } | undefined;
  private sweep: NodeJS.Timeout | undefined;
  private next: { at: number; timer: NodeJS.Timeout } | undefined;
  private closed = false;

  constructor(
    /** Resolves to the milliseconds until something is due, null where nothing is. */
    private readonly read: () => Promise<number | null>,
    private readonly everyMs: number,
  ) {}

  look(): void {
    if (this.closed) return;
    if (this.looking) this.looking.again = true;
    else void this.outside.runInAsyncScope(() => this.lookAround());
  }

  /** Looks at that time; an earlier appointment stands. */
  due(at: number): void {
    const pause = at - Date.now();
    if (pause <= 0) this.look();
    else this.arm(at, Math.min(LONGEST_TIMER_MS, pause + 1));
  }

  stop(): void {
    this.closed = true;
    clearTimeout(this.sweep);
    clearTimeout(this.next?.timer);
    this.outside.emitDestroy();
  }

  private arm(at: number, pause: number): void {
    if (this.closed || (this.next && this.next.at <= at)) return;
    clearTimeout(this.next?.timer);
    const fire = (): void => {
      this.next = undefined;
      this.look();
    };
    this.next = { at, timer: this.outside.runInAsyncScope(() => setTimeout(fire, pause).unref()) };
  }

  private async lookAround(): Promise<void> {
    const looking = { again: false };
    this.looking = looking;
    clearTimeout(this.sweep);
    try {
      do {
        looking.again = false;
        const nextDueMs = await this.read();
        if (nextDueMs !== null) this.arm(Date.now() + nextDueMs, nextDueMs > 0 ? Math.min(LONGEST_TIMER_MS, nextDueMs + 1) : OVERDUE_MS);
      } while (looking.again && !this.closed);
    } catch (error) {
      log.warn({ error }, 'the outbox could not be read; looking again later');
    } finally {
      this.looking = undefined;
      if (!this.closed) this.sweep = setTimeout(() => this.look(), this.everyMs).unref();
    }
  }
}
