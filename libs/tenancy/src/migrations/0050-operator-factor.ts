import { globalTable, type Migration } from '#platform/database';

export const operatorFactor: Migration = {
  name: 'tenancy/0050-operator-factor',
  up: [
    ...globalTable('tenancy.operator_totp', `
      operator_id uuid primary key references tenancy.operator (id) on delete cascade,
      secret text not null,
      last_step bigint not null default 0,
      confirmed_at timestamptz(3),
      created_at timestamptz(3) not null default now()`, 'operators run the deployment and belong to no tenant; secrets are sealed'),
    ...globalTable('tenancy.operator_recovery_code', `
      operator_id uuid not null references tenancy.operator_totp (operator_id) on delete cascade,
      code_hash text not null,
      primary key (operator_id, code_hash)`, 'in place of an operator\'s authenticator that is lost; codes stand here as keyed hashes'),
    // Whether a code was given when it began, or since.
    'alter table tenancy.operator_session add column second_factor boolean not null default false',
  ],
};
