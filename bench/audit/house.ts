import { Controller, HttpCode, Injectable, Module, Post } from '@nestjs/common';
import { Allow } from '#platform/http';
import { Audit, Audited, Unaudited } from '#platform/privacy';
import { ContextModule, type ContextWiring } from '#platform/runtime';
import { Db, tenantTable } from '#platform/database';
import { defineEvent, Events, On, type Received } from '#platform/messaging';
import { contract, current, newId } from '#platform/core';

/** The columns of `tenancy.audit_entry`, those computed from the text and the indexes included. */
const SHAPE = `
  sequence bigint not null,
  id uuid not null,
  body text not null,
  hash text not null,
  at text collate "C" generated always as (body::jsonb ->> 'at') stored,
  action text collate "C" generated always as (body::jsonb ->> 'action') stored,
  actor_id text generated always as (body::jsonb -> 'actor' ->> 'id') stored,
  target text generated always as (body::jsonb ->> 'target') stored,
  primary key (tenant_id, sequence),
  unique (tenant_id, id)`;

export const INSERT_BARE = 'insert into desk.bare_entry (tenant_id, sequence, id, body, hash) values ($1, $2, $3, $4, $5)';

const noted = defineEvent<{ target: string }>('desk.noted', 1);

let sequence = 0;

/** One row as an entry looks: 300 characters, as most of the house's own are. */
export function bareEntry(tenantId: string): unknown[] {
  sequence += 1;
  const body = { action: 'desk.paper.made', actor: { id: newId(), kind: 'user' }, at: new Date().toISOString(),
    detail: { fields: ['text'] }, id: newId(), previous: 'f'.repeat(64), requestId: newId(), sequence, target: newId(), tenantId };
  return [tenantId, sequence, body.id, JSON.stringify(body), 'f'.repeat(64)];
}

/** One write in three ways, and what is told of it to a handler that appends to a chain, or only inserts. */
@Injectable()
export class Desk {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly audit: Audit,
  ) {}

  statement(): Promise<{ id: string }> {
    return this.insert();
  }

  unit(): Promise<{ id: string }> {
    return this.db.tx(() => this.insert());
  }

  @Audited('desk.paper.made')
  audited(): Promise<{ id: string }> {
    return this.insert();
  }

  /** What `@Audited` tells, without a write beside it. */
  tellAudit(): Promise<void> {
    return this.audit.note('desk.paper.made', { target: newId(), detail: { fields: ['text'] } });
  }

  tellPeer(): Promise<void> {
    return this.events.publish(noted, { target: newId() });
  }

  @On(noted, 'desk.insert-bare', { concurrency: 2 })
  async insertBare(_: Received<typeof noted>): Promise<void> {
    await this.db.query(INSERT_BARE, bareEntry(current().tenantId));
  }

  private async insert(): Promise<{ id: string }> {
    const id = newId();
    await this.db.query('insert into desk.paper (tenant_id, id, text) values ($1, $2, $3)', [current().tenantId, id, 'word '.repeat(20)]);
    return { id };
  }
}

@Controller('v1/desk')
class DeskController {
  constructor(private readonly desk: Desk) {}

  @Post('statement')
  @HttpCode(201)
  @Allow('desk.papers.write')
  @Unaudited('the peer that is measured')
  statement(): Promise<{ id: string }> {
    return this.desk.statement();
  }

  @Post('audited')
  @HttpCode(201)
  @Allow('desk.papers.write')
  @Unaudited('Desk.audited audits it')
  audited(): Promise<{ id: string }> {
    return this.desk.audited();
  }
}

abstract class DeskContract {}

@Module({ imports: [ContextModule.for('desk')], controllers: [DeskController], providers: [Desk] })
class DeskModule {}

export const desk: ContextWiring = {
  name: 'desk',
  contract: contract('desk', DeskContract, {}),
  module: DeskModule,
  config: [],
  entities: [],
  migrations: [{
    name: 'desk/0001-papers',
    up: [
      ...tenantTable('desk.paper', 'id uuid not null, text text not null, primary key (tenant_id, id)'),
      ...tenantTable('desk.bare_entry', SHAPE),
      'create index bare_entry_by_target on desk.bare_entry (tenant_id, target, sequence)',
      'create index bare_entry_by_actor on desk.bare_entry (tenant_id, actor_id, sequence)',
    ],
  }],
};
