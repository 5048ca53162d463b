import { Injectable } from '@nestjs/common';
import { Blobs } from '#platform/adapters';
import { Cron, defineJob, Job, type RunningJob } from '#platform/messaging';
import { current, errorData } from '#platform/core';
import { TenancyConfig } from '../../tenancy.config.js';
import { ErasureLedger } from '../erasure/ledger.service.js';
import { ArchiveWriter } from './archive-writer.service.js';
import { DataOrderService } from './data-order.service.js';

/** Puts an archive together once every context has written its part. */
export const finishArchive = defineJob<{ orderId: string }>('tenancy.finish-archive', { attempts: 5, timeoutMs: 6 * 3_600_000,
  whileParked: true });

/** Deletes what an import leaves beside what it took in. */
export const clearImport = defineJob<{ orderId: string }>('tenancy.clear-import', { attempts: 10 });

const DAY_MS = 86_400_000;

@Injectable()
export class ArchiveJob {
  constructor(
    private readonly orders: DataOrderService,
    private readonly writer: ArchiveWriter,
    private readonly blobs: Blobs,
    private readonly config: TenancyConfig,
    private readonly ledger: ErasureLedger,
  ) {}

  @Job(finishArchive)
  async finish(job: RunningJob<typeof finishArchive>): Promise<void> {
    const { orderId } = job.data;
    const { tenantId } = current();
    const order = await this.orders.find(orderId);
    if (order?.state !== 'running') return;
    try {
      const of = { orderId, tenantId,
        ...(order.personId ? { kind: 'person' as const, personId: order.personId } : { kind: 'tenant' as const }) };
      const archive = await this.writer.write(of, order.expected, job);
      await job.once(() => this.orders.end(orderId, { archive }));
      await this.writer.clearParts({ tenantId, orderId });
    } catch (error) {
      if (job.attempt < job.attempts || job.signal.aborted) throw error;
      await job.once(() => this.orders.end(orderId, { error: errorData(error).message }));
      await this.writer.clear(tenantId, orderId);
    }
  }

  @Job(clearImport)
  async clear({ data }: RunningJob<typeof clearImport>): Promise<void> {
    await this.ledger.strike(current().tenantId);
    await this.writer.clear(current().tenantId, data.orderId);
  }

  /** Archives and what unfinished orders left, of all tenants. */
  @Cron('tenancy.tidy-archives', '17 4 * * *')
  async tidy(): Promise<void> {
    const before = new Date(Date.now() - this.config.archiveDays * DAY_MS);
    for await (const { key, id } of this.blobs.storedBefore('kernel', before)) if (id[0] === 'orders') await this.blobs.delete(key);
  }
}
