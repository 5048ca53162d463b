import { Module } from '@nestjs/common';
import { ContextModule } from '#platform/runtime';
import { PlanQuotas } from './plan-quotas.js';
import { RevocationService } from './revocation.service.js';
import { TenantLimits } from './tenant-limits.js';

/** The one instance that all modules of this context import: Nest tells dynamic modules apart by reference. */
const context = ContextModule.for('tenancy');

/** What the three modules stand on: the platform's services of this context, quotas of plans, limits, and word of what ended. */
@Module({
  imports: [context],
  providers: [PlanQuotas, RevocationService, TenantLimits],
  exports: [context, PlanQuotas, RevocationService, TenantLimits],
})
export class AccessModule {}
