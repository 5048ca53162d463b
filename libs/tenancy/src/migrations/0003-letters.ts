import { globalTable, type Migration, tenantTable } from '#platform/database';

export const letters: Migration = {
  name: 'tenancy/0003-letters',
  up: [
    ...globalTable(
      'tenancy.ticket',
      `id uuid primary key,
      purpose text not null check (purpose in ('register', 'verify', 'reset')),
      email text not null,
      seed text not null,
      registration jsonb,
      created_at timestamptz(3) not null default now(),
      expires_at timestamptz(3) not null,
      used_at timestamptz(3)`,
      'a letter proves who reads a mailbox before that person belongs to any tenant',
    ),
    'create index ticket_by_email on tenancy.ticket (email, created_at)',
    'create index ticket_by_end on tenancy.ticket (expires_at)',
    ...tenantTable('tenancy.invitation', `
      id uuid not null,
      email text not null,
      role text not null,
      seed text not null,
      invited_by uuid not null,
      created_at timestamptz(3) not null default now(),
      expires_at timestamptz(3) not null,
      accepted_at timestamptz(3),
      accepted_by uuid,
      revoked_at timestamptz(3),
      primary key (tenant_id, id)`),
    'create unique index invitation_open on tenancy.invitation (tenant_id, email) where accepted_at is null and revoked_at is null',
  ],
};
