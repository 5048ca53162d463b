import { Global, Module } from '@nestjs/common';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { provideContract } from '#platform/core';
import { AnalyticsConfig } from './analytics.config.js';
import { dataMap } from './analytics.data.js';
import { AnalyticsService } from './analytics.service.js';
import { Analytics, analyticsContract } from './contract.js';
import { CountingService } from './counting/counting.service.js';
import { DocumentNameService } from './counting/document-name.service.js';
import { EventCleanupJob } from './counting/event-cleanup.job.js';
import { KnowledgeHandler } from './counting/knowledge.handler.js';
import { ProfileService } from './counting/profile.service.js';
import { TenantHandler } from './counting/tenant.handler.js';
import { TurnHandler } from './counting/turn.handler.js';
import { counts } from './migrations/0001-counts.js';
import { OverviewController } from './overview/overview.controller.js';
import { OverviewService } from './overview/overview.service.js';

@Global()
@Module({
  imports: [ContextModule.for('analytics')],
  controllers: [OverviewController],
  providers: [
    CountingService, ProfileService, DocumentNameService, TurnHandler, TenantHandler, KnowledgeHandler, EventCleanupJob, OverviewService,
    ...provideContract(analyticsContract, AnalyticsService),
  ],
  exports: [Analytics],
})
export class AnalyticsModule {}

export const context: ContextWiring = {
  name: 'analytics',
  contract: analyticsContract,
  module: AnalyticsModule,
  config: [AnalyticsConfig],
  entities: [],
  migrations: [counts],
  dataMap,
};
