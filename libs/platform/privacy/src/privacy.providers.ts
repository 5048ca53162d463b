import type { Provider } from '@nestjs/common';
import { Secrets } from '#platform/core';
import { Db } from '#platform/database';
import { Publisher, LocalEmitter } from '#platform/messaging';
import { Audit } from './audit/audit.js';
import { newAudit } from './audit/audit-binding.js';
import { privacyWorkerOf } from './data/privacy-worker.js';
import { PrivacyRequests } from './data/privacy-requests.js';

/** Once per context: `Audit` and `PrivacyRequests` bound to it and to its database, and the worker that carries them out. */
export function privacyProviders(context: string): Provider[] {
  return [
    { provide: Audit, inject: [Db, Secrets, LocalEmitter], useFactory: newAudit },
    {
      provide: PrivacyRequests,
      inject: [Db, Secrets, LocalEmitter],
      useFactory: (db: Db, secrets: Secrets, emitter: LocalEmitter) => {
        return new PrivacyRequests(db, new Publisher('kernel', db, secrets, emitter), context);
      },
    },
    privacyWorkerOf(context),
  ];
}
