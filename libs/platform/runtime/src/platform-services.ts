import type { Provider } from '@nestjs/common';
import { Blobs, BlobsConfig, createMail, Egress, EgressConfig, Mail, MailConfig, openBlobs, UndiciEgress } from '#platform/adapters';
import { type ConfigClass, CoreConfig, ObservabilityConfig, openSecrets, Secrets } from '#platform/core';
import { PlatformEraser } from '#platform/privacy';
import { HttpConfig, IdempotencySchedule } from '#platform/http';
import { BestEffortRedis, RedisPubSub } from '#platform/transport';

/** Settings of the edge and of the services below. */
export const serviceConfig: ConfigClass[] = [HttpConfig, ObservabilityConfig, BlobsConfig, MailConfig, EgressConfig];

/** Secrets, blobs, mail, live state and egress: one of each per process, injectable everywhere. */
export const serviceProviders: Provider[] = [
  { provide: Secrets, inject: [CoreConfig], useFactory: openSecrets },
  { provide: Blobs, inject: [CoreConfig, BlobsConfig], useFactory: openBlobs },
  { provide: Mail, inject: [CoreConfig, MailConfig], useFactory: createMail },
  BestEffortRedis,
  RedisPubSub,
  IdempotencySchedule,
  PlatformEraser,
  { provide: Egress, inject: [EgressConfig], useFactory: ({ ports }: EgressConfig) => new UndiciEgress({ ports }) },
];

export const serviceTokens = [Secrets, Blobs, Mail, Egress, BestEffortRedis, RedisPubSub, PlatformEraser];
