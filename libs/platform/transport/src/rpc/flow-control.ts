/** Parts a caller can take before it says that it has room again. */
export const WINDOW = 512;
/** Parts sent in one message at most. */
const BATCH = 64;

/**
 * Sends a stream's parts in order, as many in one message as became ready while the last one was on its way, and never more than the
 * caller has room for: a slow reader slows the source down instead of filling memory.
 */
export class FlowControl {
  private room = WINDOW;
  private wake: () => void = () => undefined;
  private lost: Error | undefined;

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  /** The caller has room for `parts` more. */
  credit(parts: number): void {
    this.room += parts;
    this.wake();
  }

  /** Resolves when the source ended and all was sent; rejects with the source's error, or that of a batch that could not be sent. */
  async run(source: AsyncIterable<unknown>, send: (parts: unknown[], seq: number) => Promise<unknown>): Promise<void> {
    const waiting: unknown[] = [];
    let seq = 0;
    let sending: Promise<void> | undefined;
    const sendWaiting = async (): Promise<void> => {
      try {
        while (waiting.length > 0) {
          const parts = waiting.splice(0, BATCH);
          seq += parts.length;
          await send(parts, seq - parts.length);
        }
      } catch (error) {
        this.lost = error as Error;
        this.wake();
      }
      sending = undefined;
    };
    try {
      for await (const part of source) {
        while (this.room <= 0 && !this.stopped) await new Promise<void>((resolve) => (this.wake = resolve));
        if (this.stopped) break;
        this.room -= 1;
        waiting.push(part);
        sending ??= sendWaiting();
      }
    } finally {
      // What came before a failure arrives before it, as it does in one process.
      if (!this.signal.aborted) await sending;
    }
    if (this.lost) throw this.lost;
  }

  private get stopped(): boolean {
    return this.signal.aborted || this.lost !== undefined;
  }
}
