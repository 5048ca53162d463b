import { type Migration, systemPolicy, tenantTable } from '#platform/database';

export const counts: Migration = {
  name: 'analytics/0001-counts',
  up: [
    ...tenantTable('analytics.profile', `
      time_zone text not null,
      primary key (tenant_id)`),
    ...tenantTable('analytics.event', `
      id uuid not null,
      name text not null,
      at timestamptz(3) not null,
      data jsonb not null,
      primary key (tenant_id, id)`),
    'create index event_by_name on analytics.event (tenant_id, name, at)',
    'create index event_by_age on analytics.event (at)',
    ...systemPolicy('analytics.event', 'select', 'the nightly clean-up looks for events past their keeping time in all tenants'),
    ...systemPolicy('analytics.event', 'delete', 'the nightly clean-up deletes events past their keeping time in all tenants'),
    ...tenantTable('analytics.daily', `
      metric text not null,
      day date not null,
      dimension text not null,
      value bigint not null,
      primary key (tenant_id, metric, day, dimension)`),
    ...tenantTable('analytics.document', `
      id uuid not null,
      name text not null,
      primary key (tenant_id, id)`),
  ],
};
