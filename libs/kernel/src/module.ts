import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CoreConfig } from './config/core.config.js';
import type { ConfigClass } from './config/env.decorator.js';
import { environment, loadConfig } from './config/load.js';
import type { ContextWiring } from './contract/context.js';
import { DatabaseConfig } from './db/database.config.js';
import { Databases } from './db/databases.js';
import { databaseTargets, openDatabases } from './db/open-databases.js';
import { DeliveryConfig } from './delivery/delivery.config.js';
import { deliveryExports, deliveryProviders } from './delivery/delivery.providers.js';
import { EdgeServicesModule } from './http/edge-services.module.js';
import { RemoteConfig } from './remote/remote.config.js';
import { JobsController } from './jobs/jobs.controller.js';
import { WIRINGS } from './contract/wirings.js';
import { serviceConfig, serviceProviders, serviceTokens } from './kernel-services.js';

export { Database, type DatabaseTarget, type Tenure, withClient } from './db/database.js';
export { databaseTargets, embeddedDir, embeddedTarget, openDatabases, serverTarget, serverTargets, withKernel } from './db/open-databases.js';
export { type DatabaseFindings, inspectDatabase } from './db/inspect.js';
export { inspectRedis, type RedisFindings, type RedisServerFindings } from './redis/inspect-redis.js';
export { describeRedis } from './redis/redis-url.js';
export { createLogin, migrateDatabase } from './db/migrate/commands.js';
export { dataMapFaults } from './data/map-faults.js';
export { Databases } from './db/databases.js';
export type { PoolLimits } from './db/tenant-pool.js';
export { DatabaseConfig } from './db/database.config.js';

export interface KernelOptions {
  /** The contexts this process hosts. */
  wirings: ContextWiring[];
  /** In place of the process' environment, for tests. */
  env?: NodeJS.ProcessEnv;
  /** Databases that are open already, for tests that share one; the module closes them at its end all the same. */
  databases?: Databases;
  /** Settings of contexts that other processes host. */
  configElsewhere?: ConfigClass[];
}

export { WIRINGS };

/** The kernel's own config classes; each owner adds its line. */
export const KERNEL_CONFIG: ConfigClass[] = [CoreConfig, DatabaseConfig, DeliveryConfig, ...serviceConfig, RemoteConfig];

export function configOf(wirings: ContextWiring[]): ConfigClass[] {
  return [...KERNEL_CONFIG, ...wirings.flatMap((wiring) => wiring.config)];
}

/** What every context stands on, available everywhere: configuration, database, wall. */
@Global()
@Module({})
export class KernelModule {
  static forRoot({ wirings, env = environment(), databases, configElsewhere }: KernelOptions): DynamicModule {
    const config = loadConfig(configOf(wirings), env, { elsewhere: configElsewhere });
    const providers: Provider[] = [
      ...[...config].map(([token, value]) => ({ provide: token, useValue: value })),
      { provide: WIRINGS, useValue: wirings },
      ...serviceProviders,
      ...deliveryProviders(wirings.map(({ name }) => name)),
      {
        provide: Databases,
        inject: [CoreConfig, DatabaseConfig],
        // Modules are put together once this has resolved: nothing runs before migrations and the wall's self-test.
        useFactory: async (core: CoreConfig, limits: DatabaseConfig) => databases ?? openDatabases(await databaseTargets(core, limits, wirings, env)),
      },
    ];
    return { module: KernelModule, imports: [DiscoveryModule, EdgeServicesModule], controllers: [JobsController], providers, exports: [...config.keys(), WIRINGS, Databases, ...serviceTokens, ...deliveryExports] };
  }
}
