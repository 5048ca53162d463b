import { Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { configureLogging, contract, current, newId, runAs, Secrets } from '#platform/core';
import { ContextModule, type ContextWiring, embeddedTarget, PlatformModule, openDatabases, serverTarget } from '#platform/runtime';
import { Databases, type DatabaseTarget, Db, type Migration, systemPolicy, tenantTable } from '#platform/database';
import { Events } from '../src/api/events.js';
import { Jobs } from '../src/api/jobs.js';
import { DeadLetters } from '../src/outbox/dead-letters.js';
import { type CommittedRow, LocalEmitter, messagesCommitted, outboxDue } from '../src/outbox/local-emitter.js';
import { OutboxStore } from '../src/outbox/outbox.store.js';
import { type Sealed, seal } from '../src/outbox/envelope.js';
import { TenantParking } from '../src/outbox/tenant-parking.js';
import { contextOf } from '../src/api/message-name.js';
import { HandlerRegistry } from '../src/api/handler-registry.js';

/** What handlers of the specs leave behind: one row per effect, so that a double shows. */
const effects = (context: string): Migration => ({
  name: `${context}/0001-effects`,
  up: [
    ...tenantTable(`${context}.effect`, 'id uuid not null default gen_random_uuid(), note text not null, at timestamptz not null ' +
      'default clock_timestamp(), primary key (tenant_id, id)'),
    ...systemPolicy(`${context}.effect`, 'select', 'the specs count the effects of all tenants'),
  ],
});

abstract class Nothing {}

export function testWiring(name: string, providers: Type[]): ContextWiring {
  @Module({ imports: [ContextModule.for(name)], providers: [...providers, Desk], exports: [Desk] })
  class TestModule {}
  return { name, contract: contract(name, Nothing, {}), module: TestModule, config: [], entities: [], migrations: [effects(name)] };
}

/** A context's own tools, for specs to act as that context. */
@Injectable()
export class Desk {
  constructor(
    readonly db: Db,
    readonly events: Events,
    readonly jobs: Jobs,
    readonly parking: TenantParking,
  ) {}

  async note(tenantId: string, context: string, note: string): Promise<void> {
    await this.db.query(`insert into ${context}.effect (tenant_id, note) values ($1, $2)`, [tenantId, note]);
  }

  async notes(context: string, tenantId: string): Promise<string[]> {
    const rows = await this.db.system('the spec counts effects',
      () => this.db.query<{ note: string }>(`select note from ${context}.effect where tenant_id = $1 order by at`, [tenantId]));
    return rows.map(({ note }) => note);
  }
}

export interface DeliveryRow {
  handler: string;
  status: string;
  attempt: number;
  messageId: string;
}

export interface Office {
  desk(context: string): Desk;
  /** A provider of the platform's. */
  get<T>(token: Type<T>): T;
  databases: Databases;
  deadLetters: DeadLetters;
  registry: HandlerRegistry;
  /** What is left of a tenant's deliveries. */
  rows(tenantId: string): Promise<DeliveryRow[]>;
  /** Puts a delivery into the queue past all that guards it. */
  insert(row: Sealed & { handler: string; context: string; kind: string }, status?: 'ready' | 'sent'): Promise<void>;
  /** Copies a queued or running job so that there are `times` more of it. */
  multiply(tenantId: string, jobId: string, times: number): Promise<void>;
  clear(tenantId: string): Promise<void>;
  /** Hands a delivery to its queue once more, as if it had been sent twice. */
  sendTwice(row: CommittedRow): void;
  /** Takes a running delivery from its process, as happens to one that has hung. */
  silence(row: Omit<CommittedRow, 'version'>): Promise<void>;
  /** Makes a waiting delivery ready, as if its process had died under it so many times. */
  kill(messageId: string, times: number): Promise<void>;
  /** Statements the platform sends to its database while `work` runs. */
  countQueries(work: () => Promise<unknown>): Promise<number>;
  /** What a sweep does, now. */
  look(): void;
  close(): Promise<void>;
}

/** A row that is with its queue waits like one that is not, for all that anybody can tell. */
const ROWS = `
  select handler, case status when 'sent' then 'ready' else status end as status, attempt, message_id as "messageId"
  from kernel.delivery where tenant_id = $1 order by created_at`;

const LIMITS = { size: 6, statementMs: 30_000, waitMs: 10_000 };
export const SECRET = 'a secret of the specs that is long enough';

/** One process' worth of delivery: the platform and these contexts over one database. */
export async function openOffice(wirings: ContextWiring[], target: (schemas: ContextWiring[]) => DatabaseTarget | Promise<DatabaseTarget>,
  env: Record<string, string> = {}): Promise<Office> {
  // Failing handlers are the point of half the cases.
  configureLogging({ level: 'silent' });
  const databases = await openDatabases([await target(wirings)]);

  @Module({ imports: [PlatformModule.forRoot({ wirings,
    env: { NODE_ENV: 'test', ATOLL_SECRET: SECRET, ATOLL_LEASE_SECONDS: '2', ATOLL_DRAIN_SECONDS: '1', ...env }, databases }),
    ...wirings.map(({ module }) => module)] })
  class App {}

  const app = await NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
  const kernel = databases.of('kernel');
  const look = (): void => app.get(LocalEmitter).emit(outboxDue, { at: 0 });
  return {
    desk: (context) => app.select(wirings.find(({ name }) => name === context)!.module).get(Desk, { strict: true }),
    get: (token) => app.get(token),
    databases,
    deadLetters: app.get(DeadLetters),
    registry: app.get(HandlerRegistry),
    rows: (tenantId) => kernel.system('the spec looks', () => kernel.query<DeliveryRow>(ROWS, [tenantId])),
    insert: async (row, status = 'ready') => {
      await kernel.system('the spec meddles', () => kernel.query(
        `insert into kernel.delivery (tenant_id, message_id, handler, context, kind, name, version, body, signature, status, ` +
          `sent_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case $10 when 'sent' then now() end)`,
        [row.tenantId, row.messageId, row.handler, row.context, row.kind, row.name, row.version, row.body, row.signature, status]));
      look();
    },
    sendTwice: (row) => app.get(LocalEmitter).emit(messagesCommitted, { server: kernel.server, rows: [row] }),
    // A signature covers the id, so copies are signed anew: only the platform's own secret could.
    multiply: async (tenantId, jobId, times) => {
      const [row] = await kernel.system('the spec looks',
        () => kernel.query<Sealed>(`select name, version, body from kernel.delivery where message_id = $1`, [jobId]));
      const { data } = JSON.parse(row!.body) as { data: unknown };
      const copies = Array.from({ length: times }, () => as(tenantId, () => seal(app.get(Secrets), newId(), row!, current(), data)));
      await kernel.system('the spec meddles', () => kernel.query(
        `insert into kernel.delivery (tenant_id, message_id, handler, context, kind, name, version, body, signature, status)
         select $1, m.id, $2, $3, 'job', $2, $4, m.body, m.signature, 'ready' from unnest($5::uuid[], $6::text[], $7::text[]) as m (id,
         body, signature)`,
        [tenantId, row!.name, contextOf(row!.name), row!.version, copies.map((one) => one.messageId), copies.map((one) => one.body),
          copies.map((one) => one.signature)]));
    },
    clear: async (tenantId) => {
      await kernel.system('the spec meddles', () => kernel.query(`delete from kernel.delivery where tenant_id = $1`, [tenantId]));
    },
    silence: ({ tenantId, messageId, handler }) => new OutboxStore(kernel).takeBack({ tenantId, ids: [messageId] }, handler),
    kill: async (messageId, times) => {
      await kernel.system('the spec meddles',
        () => kernel.query(`update kernel.delivery set status = 'ready', due_at = now(), died = $2 where message_id = $1`,
          [messageId, times]));
    },
    countQueries: async (work) => {
      const { query } = kernel;
      let count = 0;
      kernel.query = (...args: Parameters<typeof query>) => {
        count++;
        return query.apply(kernel, args) as never;
      };
      await work();
      kernel.query = query;
      return count;
    },
    look,
    close: () => app.close(),
  };
}

export function inEmbedded(dataDir?: string): (schemas: ContextWiring[]) => Promise<DatabaseTarget> {
  return (schemas) => embeddedTarget(dataDir ? { dataDir } : {}, schemas, LIMITS);
}

export function inPostgres(loginUrl: string, adminUrl: string): (schemas: ContextWiring[]) => DatabaseTarget {
  return (schemas) => serverTarget(loginUrl, adminUrl, schemas, LIMITS);
}

export function as<T>(tenantId: string, work: () => T, userId = newId()): T {
  return runAs({ tenantId, actor: { kind: 'user', id: userId, roles: [], permissions: ['*'] } }, work);
}
