import { Cluster } from 'ioredis';
import type { RedisClient } from './redis-client.js';

interface Command {
  name: string;
  args: (string | number)[];
  resolve: (answer: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * Commands that are given in one turn of the event loop leave in one write at its end, and wait for nothing: ioredis' own automatic
 * pipelining keeps them back until the ones before are answered, a round trip more for whoever comes second.
 */
export class PipelineBatcher {
  private gathered: Command[] | undefined;
  private underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly redis: RedisClient,
    /** Adds what was gathered elsewhere, before the batch leaves. */
    private readonly complete: () => void = () => undefined,
  ) {}

  send(name: string, ...args: (string | number)[]): Promise<unknown> {
    const gathered = this.open();
    return new Promise((resolve, reject) => void gathered.push({ name, args, resolve, reject }));
  }

  /** There is something to add at the end of the turn. */
  open(): Command[] {
    if (!this.gathered) {
      this.gathered = [];
      setImmediate(() => this.flush());
    }
    return this.gathered;
  }

  /** Sends now what is there. */
  flush(): void {
    if (!this.gathered) return;
    this.complete();
    const { gathered } = this;
    this.gathered = undefined;
    const sent: Promise<unknown> = execute(this.redis, gathered).catch(() => undefined).finally(() => this.underWay.delete(sent));
    this.underWay.add(sent);
  }

  /** Resolves when all that was sent is answered, or has failed. */
  async idle(): Promise<void> {
    this.flush();
    await Promise.all(this.underWay);
  }
}

/**
 * To a server in one write. Over a cluster each goes to the node of its key, since a pipeline there may touch one node only, and what is
 * published through the one connection that keeps its order.
 */
async function execute(redis: RedisClient, commands: Command[]): Promise<void> {
  if (redis instanceof Cluster) {
    await Promise.all(commands.map(({ name, args, resolve, reject }) => {
      const answer = name === 'PUBLISH' ? redis.publish(...(args as [string, string])) : redis.call(name, ...args);
      return answer.then(resolve, reject);
    }));
    return;
  }
  const pipeline = redis.pipeline();
  for (const { name, args, resolve, reject } of commands) {
    pipeline.call(name, ...args, (error: Error | null | undefined, answer: unknown) => (error ? reject(error) : resolve(answer)));
  }
  await pipeline.exec();
}
