import type { Migration } from './db/migration.js';
import { deliveryMigration } from './delivery/delivery.migration.js';
import { idempotencyMigration } from './http/idempotency/idempotency.migration.js';

/** The kernel's own tables, in order: they exist in every database, and before those of any context. */
export const kernelMigrations: Migration[] = [deliveryMigration, idempotencyMigration];
