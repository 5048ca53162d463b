/** What is pushed, as an async iterable for one reader: in order, and kept until it is read. */
export class PushQueue<T> implements AsyncIterable<T> {
  private readonly items: T[] = [];
  private over: { error?: Error } | undefined;
  private wake: () => void = () => undefined;

  /** `patience` may give up waiting for something to be pushed: what it throws the reader gets. */
  constructor(private readonly patience: (news: Promise<void>) => Promise<void> = (news) => news) {}

  push(...items: T[]): void {
    this.items.push(...items);
    this.wake();
  }

  /** The reader gets what was pushed before, then the error if there is one. */
  end(error?: Error): void {
    this.over ??= { error };
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.items.length > 0) yield this.items.shift()!;
      if (this.over?.error) throw this.over.error;
      if (this.over) return;
      await this.patience(new Promise<void>((resolve) => (this.wake = resolve)));
    }
  }
}
