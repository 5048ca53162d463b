import { Global, Module } from '@nestjs/common';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { provideContract } from '#platform/core';
import { BillingConfig } from './billing.config.js';
import { dataMap } from './billing.data.js';
import { BillingService } from './billing.service.js';
import { BudgetController } from './budget/budget.controller.js';
import { BudgetRow } from './budget/budget.entity.js';
import { BudgetService } from './budget/budget.service.js';
import { CalendarHandler } from './calendar/calendar.handler.js';
import { CalendarService } from './calendar/calendar.service.js';
import { HoldRow } from './budget/hold.entity.js';
import { MeterRow } from './budget/meter.entity.js';
import { Billing, billingContract } from './contract.js';
import { metering } from './migrations/0001-metering.js';
import { days } from './migrations/0030-days.js';
import { ChargeRow } from './usage/charge.entity.js';
import { UsageController } from './usage/usage.controller.js';
import { UsageService } from './usage/usage.service.js';

@Global()
@Module({
  imports: [ContextModule.for('billing')],
  controllers: [BudgetController, UsageController],
  providers: [BudgetService, CalendarHandler, CalendarService, UsageService, ...provideContract(billingContract, BillingService)],
  exports: [Billing],
})
export class BillingModule {}

export const context: ContextWiring = {
  name: 'billing',
  contract: billingContract,
  module: BillingModule,
  config: [BillingConfig],
  entities: [BudgetRow, MeterRow, HoldRow, ChargeRow],
  migrations: [metering, days],
  dataMap,
};
