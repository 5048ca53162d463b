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
    const flush = (): void => {
      if (sending || waiting.length === 0) return;
      const parts = waiting.splice(0, BATCH);
      const first = seq;
      seq += parts.length;
      sending = send(parts, first).then(() => {
        sending = undefined;
        flush();
      });
    };
    for await (const part of source) {
      if (signal.aborted) return;
      while (room <= 0 && !signal.aborted) await new Promise<void>((resolve) => (roomMade = resolve));
      room -= 1;
      waiting.push(part);
      flush();
    }
    while (sending) await sending;
  };
  return { credit, done: run() };
}
