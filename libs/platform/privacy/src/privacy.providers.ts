import type { Provider } from '@nestjs/common';
import { Secrets } from '#platform/core';
import { Db } from '#platform/database';
import { Publisher, Signals } from '#platform/messaging';
import { Audit } from './audit/audit.js';
import { newAudit } from './audit/audit-binding.js';
import { dataDeskOf } from './data/data-desk.js';
import { DataOrders } from './data/orders.js';

/** Once per context: `Audit` and `DataOrders` bound to it and to its database, and the desk that works on its data. */
export function privacyProviders(context: string): Provider[] {
  return [
    { provide: Audit, inject: [Db, Secrets, Signals], useFactory: newAudit },
    {
      provide: DataOrders,
      inject: [Db, Secrets, Signals],
      useFactory: (db: Db, secrets: Secrets, signals: Signals) => new DataOrders(db, new Publisher('kernel', db, secrets, signals), context),
    },
    dataDeskOf(context),
  ];
}
