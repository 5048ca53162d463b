import { Injectable } from '@nestjs/common';
import { Jobs, On, type Received, dataOrderDone } from '#kernel';
import { clearImport, finishArchive } from './archive.jobs.js';
import { ErasureService } from '../erasure/erasure.service.js';
import { ArrivalService } from './import.service.js';
import { DataOrderService, faultOf } from './data-order.service.js';

/** Hears from every context what it did of an order, and goes on when the last has answered. */
@Injectable()
export class DataOrderHandler {
  constructor(
    private readonly orders: DataOrderService,
    private readonly jobs: Jobs,
    private readonly arrivals: ArrivalService,
    private readonly erasures: ErasureService,
  ) {}

  @On(dataOrderDone, 'tenancy.note-data-part')
  async note({ data }: Received<typeof dataOrderDone>): Promise<void> {
    if (data.kind === 'erase') return this.erasures.note(data);
    const order = await this.orders.note(data);
    if (!order) return;
    const fault = faultOf(order);
    if (fault !== undefined) {
      await this.orders.end(order.id, { error: fault });
      // What was taken in already goes again, as a tenant's data goes.
      if (order.kind === 'import') await this.erasures.plan('import', new Date());
    } else if (order.kind === 'import') {
      await this.arrivals.open(order);
      await this.jobs.add(clearImport, { orderId: order.id });
    } else if (order.kind === 'person-erase') await this.orders.end(order.id);
    else await this.jobs.add(finishArchive, { orderId: order.id });
  }
}
