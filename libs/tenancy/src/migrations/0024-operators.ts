import { globalTable, type Migration, tenantTable } from '#platform/database';

export const operators: Migration = {
  name: 'tenancy/0024-operators',
  up: [
    ...globalTable('tenancy.operator', `
      id uuid primary key,
      email text not null unique,
      name text not null,
      password_hash text not null,
      created_at timestamptz(3) not null default now()`, 'operators run the deployment and belong to no tenant'),
    ...globalTable('tenancy.operator_session', `
      id uuid primary key,
      operator_id uuid not null references tenancy.operator (id) on delete cascade,
      secret_hash text not null,
      created_at timestamptz(3) not null default now(),
      expires_at timestamptz(3) not null`, 'sign-ins of operators, who belong to no tenant'),
    // Why and until when an operator may read this tenant. Kept, as the audit entry of it is.
    ...tenantTable('tenancy.operator_access', `
      id uuid not null,
      operator_id uuid not null,
      operator_name text not null,
      reason text not null,
      secret_hash text not null,
      created_at timestamptz(3) not null default now(),
      expires_at timestamptz(3) not null,
      ended_at timestamptz(3),
      primary key (tenant_id, id)`),
  ],
};
