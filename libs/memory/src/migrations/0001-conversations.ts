import { type Migration, tenantTable } from '#platform/database';

export const conversations: Migration = {
  name: 'memory/0001-conversations',
  up: [
    ...tenantTable('memory.conversation', `
      id uuid not null,
      owner_id uuid not null,
      agent_id uuid,
      title text,
      message_count int not null default 0,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      primary key (tenant_id, id)`),
    'create index conversation_by_owner on memory.conversation (tenant_id, owner_id, updated_at desc, id desc)',
    ...tenantTable('memory.message', `
      id uuid not null,
      conversation_id uuid not null,
      place int not null,
      role text not null check (role in ('user', 'assistant')),
      text text not null,
      status text not null check (status in ('complete', 'interrupted', 'failed')),
      citations jsonb not null default '[]',
      run_id uuid,
      created_at timestamptz(3) not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, conversation_id, place),
      foreign key (tenant_id, conversation_id) references memory.conversation (tenant_id, id) on delete cascade`),
  ],
};
