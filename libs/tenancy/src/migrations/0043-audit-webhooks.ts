import { type Migration, tenantTable } from '#platform/database';

export const auditWebhooks: Migration = {
  name: 'tenancy/0043-audit-webhooks',
  up: [
    // `sending` above `position` is the batch under way: it is sent again as it was, under the same id, until it is taken.
    ...tenantTable('tenancy.audit_webhook', `
      id uuid not null,
      name text not null,
      url text not null,
      secret text not null,
      enabled boolean not null default true,
      position bigint not null check (position >= 0),
      sending bigint not null check (sending >= position),
      lease uuid,
      lease_until timestamptz(3),
      tries int not null default 0,
      next_try_at timestamptz(3),
      failing_since timestamptz(3),
      fault text,
      delivered_at timestamptz(3),
      created_at timestamptz(3) not null default now(),
      primary key (tenant_id, id)`),
  ],
};
