import { type Migration, systemPolicy, tenantTable } from '#platform/database';

const SWEEP = 'a schedule gives back the holds of runs that never reported, over all tenants';

export const metering: Migration = {
  name: 'billing/0001-metering',
  up: [
    ...tenantTable('billing.budget', `
      monthly_limit bigint check (monthly_limit >= 0),
      monthly_tokens bigint check (monthly_tokens >= 0),
      updated_at timestamptz(3) not null default now(),
      primary key (tenant_id)`),
    ...tenantTable('billing.meter', `
      period date not null,
      spent_micros bigint not null default 0,
      spent_tokens bigint not null default 0,
      held_micros bigint not null default 0 check (held_micros >= 0),
      held_tokens bigint not null default 0 check (held_tokens >= 0),
      open_holds int not null default 0 check (open_holds >= 0),
      primary key (tenant_id, period)`),
    ...tenantTable('billing.hold', `
      run_id uuid not null,
      period date not null,
      cost_micros bigint not null,
      tokens bigint not null,
      expires_at timestamptz(3) not null,
      primary key (tenant_id, run_id),
      foreign key (tenant_id, period) references billing.meter (tenant_id, period)`),
    'create index hold_by_expiry on billing.hold (expires_at)',
    ...systemPolicy('billing.hold', 'select', SWEEP),
    ...tenantTable('billing.charge', `
      run_id uuid not null,
      user_id uuid not null,
      model text not null,
      currency char(3) not null,
      cost_micros bigint not null,
      input_tokens int not null,
      cached_tokens int not null,
      output_tokens int not null,
      created_at timestamptz(3) not null default now(),
      primary key (tenant_id, run_id)`),
    'create index charge_by_time on billing.charge (tenant_id, created_at)',
  ],
};
