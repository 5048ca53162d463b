import { Injectable } from '@nestjs/common';
import type { Db } from '#platform/database';
import type { RetentionRule } from './data-map.js';
import { defineEvent, defineLocalEvent, type EventDefinition, type Publisher } from '#platform/messaging';

/**
 * retain: deletes what is older than its rule allows · export: writes what moves of the tenant as parts of an archive · import: takes such
 * parts in · erase: deletes all rows and blobs of the tenant · person-export, person-erase: the same of one person's own rows.
 */
type PrivacyRequestKind = 'export' | 'import' | 'erase' | 'person-export' | 'person-erase' | 'retain';

/** What every context is asked to do with the data of the event's tenant. */
export interface PrivacyRequest {
  orderId: string;
  kind: PrivacyRequestKind;
  /** Counted up where an order is given again, as an erasure is until nothing is found any more. */
  round: number;
  /** The member whose data it is about. */
  personId?: string;
  /** Of an import as a clone: the tenant it was. Every id becomes another one. */
  cloneOf?: string;
  /** Of a retention: days by rule. */
  keep?: Partial<Record<RetentionRule, number>>;
  /** Of an erasure: the context that gave the order, whose own rows hold the way it is on, and go last by its own hand. */
  last?: string;
}

/** What one context did of an order. */
export interface PrivacyRequestPart {
  orderId: string;
  kind: PrivacyRequestKind;
  round: number;
  context: string;
  /** Rows by table: found before, and there afterwards. Of an export what was written, of an import what was taken in. */
  tables: Record<string, { before: number; after: number }>;
  blobs: { before: number; after: number };
  /** Why it could not be done, after the last try. */
  error?: string;
}

export const dataOrdered = defineEvent<PrivacyRequest>('kernel.data-ordered', 1);

export const dataOrderDone = defineEvent<PrivacyRequestPart>('kernel.data-order-done', 1);

/** A tenant's rows were just erased here: what this process remembers of it goes too. */
export const tenantErased = defineLocalEvent<{ tenantId: string }>('kernel.tenant-erased');

/** A tenant has been imported, whole: contexts make again what their data map calls rebuilt. */
export const tenantArrived = defineEvent<{ orderId: string }>('kernel.tenant-arrived', 1);

const PARTICIPANTS = `select distinct context from kernel.subscription where event = $1 order by context`;

/**
 * Orders about a tenant's data to all contexts, wherever they run. Every context hears them by itself: it brings its data map, and no code.
 */
@Injectable()
export class PrivacyRequests {
  constructor(
    private readonly db: Db,
    private readonly publisher: Publisher,
    private readonly context: string,
  ) {}

  /** Gives the order with the open transaction, for the running tenant. Returns who takes part: each answers with `dataOrderDone`. */
  async give(order: Omit<PrivacyRequest, 'last'>): Promise<string[]> {
    const last = order.kind === 'erase' ? this.context : undefined;
    await this.publisher.publish(dataOrdered, { ...order, ...(last !== undefined && { last }) });
    const rows = await this.db.query<{ context: string }>(PARTICIPANTS, [dataOrdered.name]);
    return rows.map(({ context }) => context).filter((context) => context !== last);
  }

  tell<T extends object>(event: EventDefinition<T>, data: T): Promise<void> {
    return this.publisher.publish(event, data);
  }
}
