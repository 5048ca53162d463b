import { sendTogether, type Together } from '../redis/send-together.js';
import type { RedisClient } from '../redis/redis-client.js';

/**
 * Commands that are given in one turn of the event loop leave in one write at its end, and wait for nothing: ioredis' own automatic
 * pipelining keeps them back until the ones before are answered, a round trip more for whoever comes second.
 */
export class TurnBatch {
  private gathered: Together[] | undefined;
  private underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly redis: RedisClient,
    /** Adds what was gathered elsewhere, before the batch leaves. */
    private readonly complete: (batch: TurnBatch) => void = () => undefined,
  ) {}

  send(command: string, ...args: (string | number)[]): Promise<unknown> {
    const gathered = this.open();
    return new Promise((resolve, reject) => void gathered.push({ command, args, resolve, reject }));
  }

  /** There is something to add at the end of the turn. */
  open(): Together[] {
    if (!this.gathered) {
      this.gathered = [];
      setImmediate(() => this.flush());
    }
    return this.gathered;
  }

  /** Sends now what is there. */
  flush(): void {
    if (!this.gathered) return;
    this.complete(this);
    const { gathered } = this;
    this.gathered = undefined;
    const sent: Promise<unknown> = sendTogether(this.redis, gathered).catch(() => undefined).finally(() => this.underWay.delete(sent));
    this.underWay.add(sent);
  }

  /** Resolves when all that was sent is answered, or has failed. */
  async idle(): Promise<void> {
    this.flush();
    await Promise.all(this.underWay);
  }
}
