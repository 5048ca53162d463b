import { type Migration, tenantTable } from '#platform/database';

export const days: Migration = {
  name: 'billing/0030-days',
  up: [
    ...tenantTable('billing.profile', `
      time_zone text not null,
      primary key (tenant_id)`),
    'alter table billing.charge add column day date',
    // A rewrite, since the wall lets no update see all tenants' rows. Until now a day was one of UTC.
    `alter table billing.charge alter column day type date using coalesce(day, (created_at at time zone 'UTC')::date)`,
    'alter table billing.charge alter column day set not null',
    'create index charge_by_day on billing.charge (tenant_id, day)',
  ],
};
