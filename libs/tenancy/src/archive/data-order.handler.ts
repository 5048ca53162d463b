import { Injectable } from '@nestjs/common';
import { Jobs, On, type Received, dataOrderDone } from '#kernel';
import { finishArchive } from './archive.jobs.js';
import { DataOrderService, faultOf } from './data-order.service.js';

/** Hears from every context what it did of an order, and goes on when the last has answered. */
@Injectable()
export class DataOrderHandler {
  constructor(
    private readonly orders: DataOrderService,
    private readonly jobs: Jobs,
  ) {}

  @On(dataOrderDone, 'tenancy.note-data-part')
  async note({ data }: Received<typeof dataOrderDone>): Promise<void> {
    const order = await this.orders.note(data);
    if (!order) return;
    const fault = faultOf(order);
    if (fault !== undefined) return this.orders.end(order.id, { error: fault });
    await this.jobs.add(finishArchive, { orderId: order.id });
  }
}
