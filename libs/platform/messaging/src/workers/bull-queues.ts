import { Job, Queue, Worker } from 'bullmq';
import { isId, logger, newId, withDeadline } from '#platform/core';
import { openRedis, type RedisClient } from '#platform/transport';
import type { Parcel, Process, Queues } from './queues.js';

/** In one slot of a cluster. */
export const PREFIX = '{atoll}:bull';
/** Names of the queues that some process works on, or did within `REMEMBERED_MS`. */
export const QUEUE_NAMES = `${PREFIX}:queues`;
const REMEMBERED_MS = 7 * 24 * 3_600_000;
const EPOCH = `${PREFIX}:epoch`;
const REPLICAS = `${PREFIX}:replicas`;
/** Longest wait for an answer of a Redis that hangs. */
const PATIENCE_MS = 2_000;
/** Between two tries of what Redis refused: BullMQ's own pause is 15 seconds. */
const AGAIN_MS = 500;

const FORGED = 'dropped what is no parcel from a queue in Redis; check who can write to it';

const log = logger('kernel');

interface BullOptions {
  redis: Parameters<typeof openRedis>[0];
  leaseMs: number;
  /** A process that was not heard of for so long does not count as a replica. */
  silentMs: number;
}

/** BullMQ over one connection. Who runs what, how many at a time, and whose process has died is its to keep. */
export class BullQueues implements Queues {
  readonly local = false;
  private readonly self = newId();
  private readonly connection: RedisClient;
  private readonly queues = new Map<string, Queue<Parcel>>();
  private readonly workers: Worker<Parcel>[] = [];

  constructor(private readonly options: BullOptions, back: () => void) {
    this.connection = openRedis(options.redis, 'queue');
    this.connection.on('error', () => undefined);
    this.connection.on('ready', back);
  }

  get up(): boolean {
    return this.connection.status === 'ready';
  }

  async add(name: string, handler: string, parcels: Parcel[]): Promise<number> {
    const queue = this.of(name);
    await queue.addBulk(parcels.map((data) => ({ name: handler, data, opts: { jobId: data.key } })));
    return this.connection.llen(queue.toKey('wait'));
  }

  async count(name: string): Promise<{ waiting: number; running: number }> {
    const queue = this.of(name);
    const counts = await inTime(Promise.all(['wait', 'active'].map((list) => this.connection.llen(queue.toKey(list)))));
    return { waiting: counts?.[0] ?? Infinity, running: counts?.[1] ?? Infinity };
  }

  work(queue: string, concurrency: number, process: Process): void {
    const run = async ({ data, stalledCounter }: Job<Parcel>): Promise<void> => {
      if (isParcel(data)) await process(data, stalledCounter > 0);
      else log.error({ queue }, FORGED);
    };
    const worker = new Worker<Parcel>(queue, run, {
      connection: this.connection,
      prefix: PREFIX,
      concurrency,
      lockDuration: this.options.leaseMs,
      stalledInterval: this.options.leaseMs / 2,
      // Deaths are counted in the row.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: AGAIN_MS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.on('error', (error) => {
      log.debug({ error, queue }, 'a worker could not reach its queue in Redis');
      if (error.name === 'SyntaxError') void inTime(this.removeUnreadable(this.of(queue)));
    });
    this.workers.push(worker);
  }

  async replicas(wiped: () => Promise<void>): Promise<number> {
    const talk = async (): Promise<number> => {
      const now = Date.now();
      if ((await this.connection.set(EPOCH, String(now), 'NX')) === 'OK') await wiped();
      if (this.workers.length > 0) {
        await this.connection.zadd(REPLICAS, now, this.self);
        await this.connection.zadd(QUEUE_NAMES, ...this.workers.flatMap(({ name }) => [now, name]));
        await this.connection.zremrangebyscore(QUEUE_NAMES, 0, now - REMEMBERED_MS);
      }
      await this.connection.zremrangebyscore(REPLICAS, 0, now - this.options.silentMs);
      return this.connection.zcard(REPLICAS);
    };
    return Math.max(1, (this.up ? await inTime(talk()) : undefined) ?? 1);
  }

  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  async close(): Promise<void> {
    if (this.up) await inTime(this.connection.zrem(REPLICAS, this.self));
    await inTime(Promise.all([...this.queues.values()].map((queue) => queue.close())));
    this.connection.disconnect();
  }

  /** BullMQ hands a job that it cannot parse from worker to worker for good. */
  private async removeUnreadable(queue: Queue<Parcel>): Promise<void> {
    for (const id of await this.connection.lrange(queue.toKey('active'), 0, -1)) {
      try {
        await Job.fromId(queue, id);
      } catch (error) {
        if ((error as Error).name !== 'SyntaxError') throw error;
        log.error({ queue: queue.name }, FORGED);
        const key = queue.toKey(id);
        await this.connection.multi().lrem(queue.toKey('active'), 0, id).srem(queue.toKey('stalled'), id).del(key, `${key}:lock`).exec();
      }
    }
  }

  private of(name: string): Queue<Parcel> {
    const known = this.queues.get(name);
    if (known) return known;
    const queue = new Queue<Parcel>(name, { connection: this.connection, prefix: PREFIX });
    queue.on('error', (error) => log.debug({ error, queue: name }, 'a queue in Redis failed'));
    this.queues.set(name, queue);
    return queue;
  }
}

function isParcel(data: unknown): data is Parcel {
  const { tenantId, ids } = (data ?? {}) as Partial<Parcel>;
  return isId(tenantId) && Array.isArray(ids) && ids.length > 0 && ids.every(isId);
}

/** Undefined where Redis does not answer, or answers with an error. */
async function inTime<T>(answer: Promise<T>): Promise<T | undefined> {
  return withDeadline(answer, PATIENCE_MS, () => new Error('Redis is silent')).catch(() => undefined);
}
