import type { Provider } from '@nestjs/common';
import { CoreConfig, Secrets } from '#platform/core';
import { Databases, Db } from '#platform/database';
import { ContextEvents } from '../events/context-events.js';
import { Events } from '../events/events.js';
import { ContextJobs } from '../jobs/context-jobs.js';
import { Jobs } from '../jobs/jobs.js';
import { DeadLetters } from './dead-letters.js';
import { DeliveryConfig } from './delivery.config.js';
import { History } from './history.js';
import { PostOffice, SETTINGS } from './post-office.js';
import { Publisher } from './publisher.js';
import { HOSTED, HandlerRegistry } from './registry.js';
import { Signals } from './signals.js';

/** Once per process, in the kernel's module, which must import Nest's DiscoveryModule and provide Databases, Secrets and the config classes. */
export function deliveryProviders(hosted: string[]): Provider[] {
  return [
    { provide: HOSTED, useValue: ['kernel', ...hosted] },
    {
      provide: SETTINGS,
      inject: [CoreConfig, DeliveryConfig],
      useFactory: ({ drainSeconds, databasePool }: CoreConfig, { enabled, queues, leaseSeconds, pollSeconds }: DeliveryConfig) => ({ drainSeconds, databasePool, enabled, queues, leaseSeconds, pollSeconds }),
    },
    Signals,
    HandlerRegistry,
    PostOffice,
    History,
    DeadLetters,
  ];
}

/** Of these, what contexts may inject. */
export const deliveryExports = [Signals, DeadLetters];

/** Once per context: `Events` and `Jobs` bound to it and to its database. */
export function messagingProviders(context: string): Provider[] {
  return [
    {
      provide: Events,
      inject: [Db, Secrets, Signals],
      useFactory: (db: Db, secrets: Secrets, signals: Signals) => new ContextEvents(new Publisher(context, db, secrets, signals)),
    },
    {
      provide: Jobs,
      inject: [Db, Databases, Secrets, Signals],
      useFactory: (db: Db, databases: Databases, secrets: Secrets, signals: Signals) => new ContextJobs(context, db, databases, secrets, signals),
    },
  ];
}
