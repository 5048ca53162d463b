import pLimit, { type LimitFunction } from 'p-limit';
import type { Parcel, Process, Queues } from './queues.js';

/** Of one process that runs everything. What waits here is in the outbox as well. */
export class MemoryQueues implements Queues {
  readonly local = true;
  readonly up = true;
  private readonly workers = new Map<string, { limit: LimitFunction; process: Process }>();
  private readonly running = new Set<Promise<void>>();
  private stopped = false;

  async add(queue: string, _handler: string, parcels: Parcel[]): Promise<number> {
    const worker = this.workers.get(queue);
    if (worker) for (const parcel of parcels) void worker.limit(() => this.run(worker.process, parcel));
    return worker?.limit.pendingCount ?? 0;
  }

  async count(queue: string): Promise<{ waiting: number; running: number }> {
    const { pendingCount: waiting = 0, activeCount: running = 0 } = this.workers.get(queue)?.limit ?? {};
    return { waiting, running };
  }

  work(queue: string, concurrency: number, process: Process): void {
    this.workers.set(queue, { limit: pLimit(concurrency), process });
  }

  async replicas(): Promise<number> {
    return 1;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  async close(): Promise<void> {
    this.workers.clear();
  }

  private async run(process: Process, parcel: Parcel): Promise<void> {
    if (this.stopped) return;
    const run = process(parcel, false);
    this.running.add(run);
    await run;
    this.running.delete(run);
  }
}
