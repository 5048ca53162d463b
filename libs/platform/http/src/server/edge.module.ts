import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from '../health/health.controller.js';
import { MetricsController } from '../health/metrics.controller.js';
import { EdgeServicesModule } from '../health/edge-services.module.js';

/** The platform's own routes on top of the contexts' modules: the root module of every process. */
@Module({})
export class EdgeModule {
  static over(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: EdgeModule,
      imports: [TerminusModule.forRoot({ logger: false }), EdgeServicesModule, ...imports],
      controllers: [HealthController, MetricsController],
    };
  }
}
