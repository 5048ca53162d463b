import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { type ConfigClass, CoreConfig, environment, loadConfig, Secrets } from '#platform/core';
import type { ContextWiring } from './context-wiring.js';
import { DatabaseConfig, Databases } from '#platform/database';
import { databaseTargets, openDatabases } from './open-databases.js';
import { DeliveryConfig, workerExports, workerProviders } from '#platform/messaging';
import { EdgeServicesModule, JobsController } from '#platform/http';
import { AuditBinding, DATA_OWNERS } from '#platform/privacy';
import { RedisConfig, RpcConfig } from '#platform/transport';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { QueuePageController } from './queue-page/queue-page.controller.js';
import { assertRootSecret } from './root-secret.js';
import { serviceConfig, serviceProviders, serviceTokens } from './platform-services.js';

export interface PlatformOptions {
  /** The contexts this process hosts. */
  wirings: ContextWiring[];
  /** In place of the process' environment, for tests. */
  env?: NodeJS.ProcessEnv;
  /** Databases that are open already, for tests that share one; the module closes them at its end all the same. */
  databases?: Databases;
  /** Settings of contexts that other processes host. */
  configElsewhere?: ConfigClass[];
}

/** The platform's own config classes; each owner adds its line. */
export const PLATFORM_CONFIG: ConfigClass[] = [CoreConfig, DatabaseConfig, DeliveryConfig, ...serviceConfig, RedisConfig, RpcConfig];

export function configOf(wirings: ContextWiring[]): ConfigClass[] {
  return [...PLATFORM_CONFIG, ...wirings.flatMap((wiring) => wiring.config)];
}

/** What every context stands on, available everywhere: configuration, database, wall. */
@Global()
@Module({})
export class PlatformModule {
  static forRoot({ wirings, env = environment(), databases, configElsewhere }: PlatformOptions): DynamicModule {
    const config = loadConfig(configOf(wirings), env, { elsewhere: configElsewhere });
    const providers: Provider[] = [
      ...[...config].map(([token, value]) => ({ provide: token, useValue: value })),
      { provide: DATA_OWNERS, useValue: wirings },
      ...serviceProviders,
      ...workerProviders(wirings.map(({ name }) => name)),
      AuditBinding,
      {
        provide: Databases,
        inject: [CoreConfig, DatabaseConfig, Secrets],
        // Modules are put together once this has resolved: nothing runs before migrations and the self-tests of wall and secret.
        useFactory: async (core: CoreConfig, limits: DatabaseConfig, secrets: Secrets) => {
          const open = databases ?? await openDatabases(await databaseTargets(core, limits, wirings, env));
          try {
            await assertRootSecret(open, secrets);
            return open;
          } catch (error) {
            await open.close();
            throw error;
          }
        },
      },
    ];
    return { module: PlatformModule, imports: [DiscoveryModule, EdgeServicesModule],
      controllers: [JobsController, QueuePageController, DeadLettersController], providers,
      exports: [...config.keys(), DATA_OWNERS, Databases, ...serviceTokens, ...workerExports] };
  }
}
