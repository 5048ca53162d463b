import { ALL_CONTEXTS, contextRole, type Migration, systemPolicy, tenantTable } from '#platform/database';

/** `status` null: somebody is at work on it until `locked_until`. `body` null with a status: answered, but the answer was not kept. */
export const idempotencyMigration: Migration = {
  name: 'kernel/0010-idempotency',
  up: [
    ...tenantTable('kernel.idempotency', `
      key text not null,
      fingerprint text not null,
      status smallint,
      headers json,
      body text,
      locked_until timestamptz not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, key)`),
    // Answers hold what their routes show: of no concern to the contexts, whose roles could otherwise read them.
    `revoke all on kernel.idempotency from ${ALL_CONTEXTS}`,
    `grant select, insert, update, delete on kernel.idempotency to ${contextRole('kernel')}`,
    ...systemPolicy('kernel.idempotency', 'select', 'old answers of all tenants are forgotten by the day'),
    ...systemPolicy('kernel.idempotency', 'delete', 'old answers of all tenants are forgotten by the day'),
    'create index idempotency_created on kernel.idempotency (created_at)',
  ],
};

/** Each try of a request has a claim of its own; a context keeps the answer in the transaction of the effect, and reads none. */
export const idempotencyClaimMigration: Migration = {
  name: 'kernel/0050-idempotency-claim',
  up: [
    'alter table kernel.idempotency add column claim uuid',
    `grant select (tenant_id, key, claim), insert, update (status, headers, body) on kernel.idempotency to ${ALL_CONTEXTS}`,
  ],
};
