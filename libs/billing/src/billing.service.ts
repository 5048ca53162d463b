import { Injectable } from '@nestjs/common';
import { BillingConfig } from './billing.config.js';
import { BudgetService } from './budget/budget.service.js';
import { Billing, type Charge, type Price } from './contract.js';
import { priceOf } from './prices/prices.js';
import { UsageService } from './usage/usage.service.js';

@Injectable()
export class BillingService extends Billing {
  constructor(
    private readonly budget: BudgetService,
    private readonly usage: UsageService,
    private readonly config: BillingConfig,
  ) {
    super();
  }

  authorize(run: Parameters<Billing['authorize']>[0]): Promise<void> {
    return this.budget.authorize(run);
  }

  settle(run: Parameters<Billing['settle']>[0]): Promise<Charge> {
    return this.usage.settle(run);
  }

  async release({ runId }: Parameters<Billing['release']>[0]): Promise<void> {
    await this.budget.release(runId);
  }

  price({ model }: Parameters<Billing['price']>[0]): Promise<Price> {
    return Promise.resolve(priceOf(model, this.config.overrides));
  }

  async totals({ from, to }: Parameters<Billing['totals']>[0]): ReturnType<Billing['totals']> {
    const { currency, total } = await this.usage.report(from, to, 'day');
    const { costMicros, inputTokens, outputTokens, runs } = total;
    return { currency, costMicros, inputTokens, outputTokens, runs };
  }
}
