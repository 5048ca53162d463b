import { globalTable, type Migration, tenantTable } from '#platform/database';

export const secondFactor: Migration = {
  name: 'tenancy/0006-second-factor',
  up: [
    ...globalTable(
      'tenancy.totp',
      `identity_id uuid primary key references tenancy.identity (id) on delete cascade,
      secret text not null,
      last_step bigint not null default 0,
      confirmed_at timestamptz(3),
      created_at timestamptz(3) not null default now()`,
      'an authenticator belongs to a person, who may be in many tenants; secrets are sealed',
    ),
    ...globalTable(
      'tenancy.recovery_code',
      `identity_id uuid not null references tenancy.totp (identity_id) on delete cascade,
      code_hash text not null,
      primary key (identity_id, code_hash)`,
      'in place of an authenticator that is lost; codes stand here as keyed hashes',
    ),
    ...tenantTable('tenancy.sign_in_policy', `
      second_factor text not null default 'optional' check (second_factor in ('optional', 'required')),
      changed_at timestamptz(3) not null default now(),
      primary key (tenant_id)`),
  ],
};
