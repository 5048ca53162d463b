import { type Migration, systemPolicy, tenantTable } from '#platform/database';

const WHY = 'every process with open streams asks which sessions, keys, members and tenants ended just now';

export const revocations: Migration = {
  name: 'tenancy/0004-revocations',
  up: [
    ...tenantTable('tenancy.revocation', `
      id uuid not null,
      subject uuid not null,
      at timestamptz(3) not null default clock_timestamp(),
      primary key (tenant_id, id)`),
    'create index revocation_by_time on tenancy.revocation (at)',
    ...systemPolicy('tenancy.revocation', 'select', WHY),
    ...systemPolicy('tenancy.revocation', 'delete', 'notices are forgotten once every process must have seen them'),
  ],
};
