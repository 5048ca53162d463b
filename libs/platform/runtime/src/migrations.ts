import type { Migration } from '#platform/database';
import { deliveryMigration, parkingMigration, transportMigration } from '#platform/messaging';
import { idempotencyClaimMigration, idempotencyMigration } from '#platform/http';
import { rootSecretMigration } from './root-secret.js';

/** The platform's own tables, in order: they exist in every database, and before those of any context. */
export const platformMigrations: Migration[] = [deliveryMigration, idempotencyMigration, transportMigration, rootSecretMigration,
  parkingMigration, idempotencyClaimMigration];
