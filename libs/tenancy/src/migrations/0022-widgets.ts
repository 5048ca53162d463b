import { type Migration, tenantTable } from '#platform/database';

export const widgets: Migration = {
  name: 'tenancy/0022-widgets',
  up: [
    // `issued` counts the tokens given out in the minute `issued_at`; `generation` moves on when the key is made anew.
    ...tenantTable('tenancy.widget', `
      id uuid not null,
      name text not null,
      agent_id uuid not null,
      origins text[] not null,
      status text not null default 'active' check (status in ('active', 'disabled')),
      per_minute int not null check (per_minute > 0),
      per_visitor_minute int not null check (per_visitor_minute > 0),
      generation int not null default 1,
      seed text not null,
      issued int not null default 0,
      issued_at timestamptz(3),
      created_by uuid not null,
      created_at timestamptz(3) not null default now(),
      primary key (tenant_id, id)`),
    ...tenantTable('tenancy.widget_day', `
      widget_id uuid not null,
      day date not null,
      visitors int not null default 0,
      tokens int not null default 0,
      primary key (tenant_id, widget_id, day),
      foreign key (tenant_id, widget_id) references tenancy.widget (tenant_id, id) on delete cascade`),
  ],
};
