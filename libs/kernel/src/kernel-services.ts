import { join } from 'node:path';
import type { Provider } from '@nestjs/common';
import { Blobs } from './blobs/blobs.js';
import { BlobsConfig } from './blobs/blobs.config.js';
import { LocalBlobs } from './blobs/local-blobs.js';
import { CoreConfig } from './config/core.config.js';
import type { ConfigClass } from './config/env.decorator.js';
import { CryptoConfig } from './crypto/crypto.config.js';
import { rootSecret } from './crypto/root-secret.js';
import { Secrets } from './crypto/secrets.js';
import { KernelEraser } from './data/kernel-eraser.js';
import { Egress } from './egress/egress.js';
import { UndiciEgress } from './egress/undici-egress.js';
import { HttpConfig } from './http/http.config.js';
import { IdempotencySchedule } from './http/idempotency/idempotency.schedule.js';
import { LiveRedis } from './live/live-redis.js';
import { Whispers } from './live/whispers.js';
import { createMail } from './mail/create-mail.js';
import { Mail } from './mail/mail.js';
import { MailConfig } from './mail/mail.config.js';
import { ObservabilityConfig } from './observability/observability.config.js';

/** Settings of the edge and of the services below. */
export const serviceConfig: ConfigClass[] = [HttpConfig, ObservabilityConfig, BlobsConfig, CryptoConfig, MailConfig];

/** Secrets, blobs, mail, live state and egress: one of each per process, injectable everywhere. */
export const serviceProviders: Provider[] = [
  { provide: Secrets, inject: [CoreConfig, CryptoConfig], useFactory: (core: CoreConfig, { previousSecrets }: CryptoConfig) => new Secrets(rootSecret(core), previousSecrets) },
  { provide: Blobs, inject: [CoreConfig, BlobsConfig], useFactory: ({ dataDir }: CoreConfig, { folder }: BlobsConfig) => new LocalBlobs(folder ?? join(dataDir, 'blobs')) },
  { provide: Mail, inject: [CoreConfig, MailConfig], useFactory: createMail },
  LiveRedis,
  Whispers,
  IdempotencySchedule,
  KernelEraser,
  { provide: Egress, useFactory: () => new UndiciEgress() },
];

export const serviceTokens = [Secrets, Blobs, Mail, Egress, LiveRedis, Whispers, KernelEraser];
