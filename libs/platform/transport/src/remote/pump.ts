/** Parts a caller can take before it says that it has room again. */
export const WINDOW = 512;
/** Parts sent in one message at most. */
const BATCH = 64;

export interface Pump {
  /** The caller has room for `parts` more. */
  credit(parts: number): void;
  /** Resolves when the source ended and all was sent; rejects with the source's error. */
  done: Promise<void>;
}

/**
 * Sends a stream's parts in order, as many in one message as became ready while the last one was on its way, and never more than the
 * caller has room for: a slow reader slows the source down instead of filling memory.
 */
export function pump(source: AsyncIterable<unknown>, signal: AbortSignal, send: (parts: unknown[], seq: number) => Promise<unknown>): Pump {
  let room = WINDOW;
  let roomMade: () => void = () => undefined;
  const credit = (parts: number): void => {
    room += parts;
    roomMade();
  };
  signal.addEventListener('abort', () => roomMade(), { once: true });

  const run = async (): Promise<void> => {
    const waiting: unknown[] = [];
    let seq = 0;
    let sending: Promise<void> | undefined;
    let lost: Error | undefined;
    const sendWaiting = async (): Promise<void> => {
      try {
        while (waiting.length > 0) {
          const parts = waiting.splice(0, BATCH);
          seq += parts.length;
          await send(parts, seq - parts.length);
        }
      } catch (error) {
        lost = error as Error;
        roomMade();
      }
      sending = undefined;
    };
    try {
      for await (const part of source) {
        while (room <= 0 && !signal.aborted && !lost) await new Promise<void>((resolve) => (roomMade = resolve));
        if (signal.aborted || lost) break;
        room -= 1;
        waiting.push(part);
        sending ??= sendWaiting();
      }
    } finally {
      // What came before a failure arrives before it, as it does in one process.
      if (!signal.aborted) await sending;
    }
    if (lost) throw lost;
  };
  return { credit, done: run() };
}
