import { globalTable, type Migration } from '#platform/database';

export const identities: Migration = {
  name: 'tenancy/0001-identities',
  up: [
    ...globalTable(
      'tenancy.identity',
      `id uuid primary key,
      email text not null unique,
      password_hash text,
      email_verified_at timestamptz(3),
      password_changed_at timestamptz(3) not null default now(),
      created_at timestamptz(3) not null default now()`,
      'one person may belong to many tenants, and signs in before a tenant is known',
    ),
    ...globalTable(
      'tenancy.sign_in_attempt',
      `id uuid primary key,
      account text not null,
      address text not null,
      succeeded boolean not null default false,
      at timestamptz(3) not null default now()`,
      'attempts are counted before anybody is known; accounts and addresses stand here as keyed hashes',
    ),
    'create index sign_in_attempt_by_account on tenancy.sign_in_attempt (account, at)',
    'create index sign_in_attempt_by_address on tenancy.sign_in_attempt (address, at)',
    ...globalTable(
      'tenancy.signing_key',
      `active_from timestamptz(3) primary key,
      kid text not null unique,
      public_key jsonb not null,
      private_key text not null,
      created_at timestamptz(3) not null default now()`,
      'access tokens of all tenants are signed by the deployment; private keys are sealed',
    ),
  ],
};
