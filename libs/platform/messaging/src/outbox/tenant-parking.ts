import { Injectable, type Provider, type Type } from '@nestjs/common';
import { current, Secrets } from '#platform/core';
import { Db, type Migration, systemPolicy, tenantTable } from '#platform/database';
import { defineEvent, type Received } from '../api/define-event.js';
import { addHandler } from '../api/handler-metadata.js';
import { LocalEmitter, outboxDue } from './local-emitter.js';
import { Publisher } from './publisher.js';

export const parkingMigration: Migration = {
  name: 'kernel/0040-tenant-parking',
  up: [
    ...tenantTable('kernel.tenant_parking', 'parked boolean not null, changed_at timestamptz not null, primary key (tenant_id)'),
    ...systemPolicy('kernel.tenant_parking', 'all', 'whether a job may start is asked for all tenants'),
  ],
};

interface Parking {
  parked: boolean;
  /** What was said later counts, in whatever order it is heard. */
  at: string;
}

const tenantParking = defineEvent<Parking>('kernel.tenant-parking', 1);

const NOTE = `
  insert into kernel.tenant_parking (tenant_id, parked, changed_at) values ($1, $2, $3)
  on conflict (tenant_id) do update set parked = excluded.parked, changed_at = excluded.changed_at
  where tenant_parking.changed_at < excluded.changed_at`;

/**
 * Keeps the running tenant's jobs of all contexts from starting, and lets them go again; nothing of them is lost meanwhile. In this
 * database it holds with the open transaction, in those of other contexts as soon as they hear of it. Events are handled all the same.
 */
@Injectable()
export class TenantParking {
  private readonly publisher: Publisher;

  constructor(private readonly db: Db, secrets: Secrets, private readonly emitter: LocalEmitter) {
    this.publisher = new Publisher('kernel', db, secrets, emitter);
  }

  async set(parked: boolean): Promise<void> {
    const parking = { parked, at: new Date().toISOString() };
    await this.note(parking);
    await this.publisher.publish(tenantParking, parking);
  }

  hear({ data }: Received<typeof tenantParking>): Promise<void> {
    return this.note(data);
  }

  private async note({ parked, at }: Parking): Promise<void> {
    await this.db.query(NOTE, [current().tenantId, parked, at]);
    if (!parked) this.db.afterCommit(() => this.emitter.emit(outboxDue, { at: 0 }));
  }
}

const known = new Map<string, Type<TenantParking>>();

/** Of one context, which hears it as `<context>.park-tenant`. */
export function parkingProviders(context: string): Provider[] {
  let listener = known.get(context);
  if (!listener) {
    listener = class extends TenantParking {};
    const heard = { message: tenantParking.name, version: tenantParking.version, handler: `${context}.park-tenant` };
    addHandler(listener.prototype, { kind: 'event', ...heard, method: 'hear', options: {} });
    known.set(context, listener);
  }
  return [listener, { provide: TenantParking, useExisting: listener }];
}
