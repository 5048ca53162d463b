import type { Provider } from '@nestjs/common';
import { CoreConfig, Secrets } from '#platform/core';
import { Databases, Db } from '#platform/database';
import { RedisConfig } from '#platform/transport';
import { Events } from './api/events.js';
import { HandlerRegistry, HOSTED } from './api/handler-registry.js';
import { Jobs } from './api/jobs.js';
import { ContextJobs } from './outbox/context-jobs.js';
import { DeadLetters } from './outbox/dead-letters.js';
import { DeliveryConfig } from './outbox/delivery.config.js';
import { LocalEmitter } from './outbox/local-emitter.js';
import { Publisher } from './outbox/publisher.js';
import { parkingProviders } from './outbox/tenant-parking.js';
import { CleanupSchedule } from './workers/cleanup.schedule.js';
import { SETTINGS, WorkerHost } from './workers/worker-host.js';

/**
 * Once per process, in the platform's module, which imports Nest's DiscoveryModule and provides Databases, Secrets and the config classes.
 */
export function workerProviders(hosted: string[]): Provider[] {
  return [
    { provide: HOSTED, useValue: ['kernel', ...hosted] },
    {
      provide: SETTINGS,
      inject: [CoreConfig, DeliveryConfig, RedisConfig],
      useFactory: (core: CoreConfig, { enabled, queues, leaseSeconds, pollSeconds }: DeliveryConfig, redis: RedisConfig) =>
        ({ drainSeconds: core.drainSeconds, databasePool: core.databasePool, enabled, queues, leaseSeconds, pollSeconds, redis }),
    },
    LocalEmitter,
    HandlerRegistry,
    WorkerHost,
    CleanupSchedule,
    DeadLetters,
  ];
}

/** Of these, what contexts may inject. */
export const workerExports = [LocalEmitter, DeadLetters];

/** Once per context: `Events` and `Jobs` bound to it and to its database. */
export function messagingProviders(context: string): Provider[] {
  return [
    {
      provide: Events,
      inject: [Db, Secrets, LocalEmitter],
      useFactory: (db: Db, secrets: Secrets, emitter: LocalEmitter) => new Publisher(context, db, secrets, emitter),
    },
    {
      provide: Jobs,
      inject: [Db, Databases, Secrets, LocalEmitter],
      useFactory: (db: Db, databases: Databases, secrets: Secrets, emitter: LocalEmitter) =>
        new ContextJobs(context, db, databases, secrets, emitter),
    },
    ...parkingProviders(context),
  ];
}
