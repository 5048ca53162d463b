import type { Provider } from '@nestjs/common';
import { Secrets } from '#platform/core';
import { Db } from '#platform/database';
import { Publisher, LocalEmitter } from '#platform/messaging';
import { Audit } from './audit/audit.js';
import { newAudit } from './audit/audit-binding.js';
import { dataDeskOf } from './data/data-desk.js';
import { DataOrders } from './data/orders.js';

/** Once per context: `Audit` and `DataOrders` bound to it and to its database, and the desk that works on its data. */
export function privacyProviders(context: string): Provider[] {
  return [
    { provide: Audit, inject: [Db, Secrets, LocalEmitter], useFactory: newAudit },
    {
      provide: DataOrders,
      inject: [Db, Secrets, LocalEmitter],
      useFactory: (db: Db, secrets: Secrets, emitter: LocalEmitter) => new DataOrders(db, new Publisher('kernel', db, secrets, emitter), context),
    },
    dataDeskOf(context),
  ];
}
