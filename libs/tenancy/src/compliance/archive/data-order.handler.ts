import { Injectable } from '@nestjs/common';
import { Audit, dataOrderDone, type PrivacyRequestPart } from '#platform/privacy';
import { Jobs, On, type Received } from '#platform/messaging';
import { logger } from '#platform/core';
import { clearImport, finishArchive } from './archive.job.js';
import { ErasureService } from '../erasure/erasure.service.js';
import { ImportCompletion } from './import.service.js';
import { DataOrderService, faultOf } from './data-order.service.js';

const log = logger('tenancy');

/** Hears from every context what it did of an order, and goes on when the last has answered. */
@Injectable()
export class DataOrderHandler {
  constructor(
    private readonly orders: DataOrderService,
    private readonly jobs: Jobs,
    private readonly completion: ImportCompletion,
    private readonly erasures: ErasureService,
    private readonly audit: Audit,
  ) {}

  @On(dataOrderDone, 'tenancy.note-data-part')
  async note({ data }: Received<typeof dataOrderDone>): Promise<void> {
    if (data.kind === 'retain') return this.tellAged(data);
    if (data.kind === 'erase') return this.erasures.note(data);
    const order = await this.orders.note(data);
    if (!order) return;
    const fault = faultOf(order);
    if (fault !== undefined) {
      await this.orders.end(order.id, { error: fault });
      // What was taken in already goes again, as a tenant's data goes.
      if (order.kind === 'import') await this.erasures.plan('import', new Date());
    } else if (order.kind === 'import') {
      await this.completion.open(order);
      await this.jobs.add(clearImport, { orderId: order.id });
    } else if (order.kind === 'person-erase') await this.orders.end(order.id);
    else await this.jobs.add(finishArchive, { orderId: order.id });
  }

  private async tellAged({ tables, context, error }: PrivacyRequestPart): Promise<void> {
    if (error !== undefined)
      log.error({ of: context, error }, 'what is older than its keeping time could not be deleted; it is tried again next night');
    const deleted = Object.fromEntries(
      Object.entries(tables).filter(([, { before }]) => before > 0).map(([table, { before }]) => [table, before]));
    if (Object.keys(deleted).length > 0) await this.audit.note('tenancy.retention.applied', { detail: { deleted } });
  }
}
