import { type DynamicModule, Module } from '@nestjs/common';
import { Audit, PrivacyRequests, privacyProviders } from '#platform/privacy';
import { Databases, Db } from '#platform/database';
import { Events, Jobs, messagingProviders, TenantParking } from '#platform/messaging';

/**
 * What one context gets from the platform, bound to its name: its `Db` (own role, own entities), `Events`, `Jobs`, `TenantParking`,
 * `Audit` and `PrivacyRequests`; and its privacy worker, which exports and erases what its data map names.
 *
 * @example
 * @Module({ imports: [ContextModule.for('search')], ... }) export class SearchModule {}
 */
@Module({})
export class ContextModule {
  static for(name: string): DynamicModule {
    return {
      module: ContextModule,
      // Nest tells dynamic modules apart by their metadata; a plain value per context makes each one its own.
      providers: [
        { provide: CONTEXT_NAME, useValue: name },
        { provide: Db, inject: [Databases], useFactory: (databases: Databases) => databases.of(name) },
        ...messagingProviders(name),
        ...privacyProviders(name),
      ],
      exports: [CONTEXT_NAME, Db, Events, Jobs, TenantParking, Audit, PrivacyRequests],
    };
  }
}

/** The name of the context a provider of `ContextModule` is bound to. */
export const CONTEXT_NAME = Symbol('atoll.context-name');
