import { type Migration, tenantTable } from '#platform/database';

export const entries: Migration = {
  name: '{{name}}/0001-entries',
  up: [
    ...tenantTable('{{name}}.entry', `
      id uuid not null,
      text text not null,
      created_at timestamptz(3) not null,
      primary key (tenant_id, id)`),
    'create index entry_by_age on {{name}}.entry (tenant_id, created_at desc, id desc)',
  ],
};
