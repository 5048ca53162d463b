import type { ChainableCommander, Redis } from 'ioredis';

/**
 * Commands that are given in one turn of the event loop leave in one write at its end, and wait for nothing: ioredis' own automatic
 * pipelining keeps them back until the ones before are answered, a round trip more for whoever comes second.
 */
export class TurnBatch {
  private pipeline: ChainableCommander | undefined;
  private underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly redis: Redis,
    /** Adds what was gathered elsewhere, before the batch leaves. */
    private readonly complete: (batch: TurnBatch) => void = () => undefined,
  ) {}

  send(command: string, ...args: (string | number)[]): Promise<unknown> {
    const pipeline = this.open();
    return new Promise((resolve, reject) => {
      pipeline.call(command, ...args, (error: Error | null | undefined, answer: unknown) => (error ? reject(error) : resolve(answer)));
    });
  }

  /** There is something to add at the end of the turn. */
  open(): ChainableCommander {
    if (!this.pipeline) {
      this.pipeline = this.redis.pipeline();
      setImmediate(() => this.flush());
    }
    return this.pipeline;
  }

  /** Sends now what is there. */
  flush(): void {
    if (!this.pipeline) return;
    this.complete(this);
    const { pipeline } = this;
    this.pipeline = undefined;
    const sent: Promise<unknown> = pipeline.exec().catch(() => undefined).finally(() => this.underWay.delete(sent));
    this.underWay.add(sent);
  }

  /** Resolves when all that was sent is answered, or has failed. */
  async idle(): Promise<void> {
    this.flush();
    await Promise.all(this.underWay);
  }
}
