import { Queue } from 'bullmq';
import { openRedis, type RedisClient, type RedisConfig } from '#platform/transport';
import { PREFIX, QUEUE_NAMES } from './bull-queues.js';

/** The queues in Redis for one who looks at them: those of all processes, whatever this one runs. Looking writes nothing. */
export class QueueBoard {
  private readonly connection: RedisClient;
  private readonly known = new Map<string, Queue>();

  constructor(redis: RedisConfig) {
    this.connection = openRedis(redis, 'queue');
    this.connection.on('error', () => undefined);
  }

  async queues(): Promise<Queue[]> {
    return (await this.connection.zrange(QUEUE_NAMES, 0, -1)).sort().map((name) => this.of(name));
  }

  close(): void {
    this.connection.disconnect();
  }

  private of(name: string): Queue {
    const queue = this.known.get(name) ?? new Queue(name, { connection: this.connection, prefix: PREFIX, skipMetasUpdate: true });
    if (!this.known.has(name)) queue.on('error', () => undefined);
    this.known.set(name, queue);
    return queue;
  }
}
