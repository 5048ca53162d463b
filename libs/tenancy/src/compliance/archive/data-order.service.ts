import { Injectable } from '@nestjs/common';
import { type PrivacyRequest, type PrivacyRequestPart, PrivacyRequests } from '#platform/privacy';
import { Db } from '#platform/database';
import { current, isId, notFound } from '#platform/core';
import type { StoredArchive } from './archive-writer.service.js';

export interface DataOrderRow {
  id: string;
  kind: 'export' | 'import' | 'person-export' | 'person-erase';
  state: 'running' | 'done' | 'failed';
  expected: string[];
  parts: Record<string, PrivacyRequestPart>;
  personId: string | null;
  askedBy: string;
  archive: StoredArchive | null;
  error: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

const COLUMNS = `id, kind, state, expected, parts, person_id as "personId", asked_by as "askedBy", archive, error, created_at as ` +
  `"createdAt", finished_at as "finishedAt"`;

/** Orders about the current tenant's data, and how far they are: every context answers for its part. */
@Injectable()
export class DataOrderService {
  constructor(
    private readonly db: Db,
    private readonly orders: PrivacyRequests,
  ) {}

  /** Writes the order down and gives it, in the open unit or one of its own. */
  async give(order: Pick<PrivacyRequest, 'orderId' | 'personId' | 'cloneOf'> & { kind: DataOrderRow['kind'] }): Promise<void> {
    await this.db.tx(async () => {
      const expected = await this.orders.give({ round: 1, ...order });
      await this.db.query(
        `insert into tenancy.data_order (tenant_id, id, kind, expected, person_id, asked_by) values ($1, $2, $3, $4, $5, $6)`,
        [current().tenantId, order.orderId, order.kind, expected, order.personId ?? null, current().actor.id],
      );
    });
  }

  /** Writes down what a context did; returns the order once the last has answered, to whoever wrote that last one. */
  async note(part: PrivacyRequestPart): Promise<DataOrderRow | undefined> {
    const [row] = await this.db.query<DataOrderRow>(
      `update tenancy.data_order set parts = parts || jsonb_build_object($2::text, $3::jsonb) where id = $1 and state = 'running' ` +
        `returning ${COLUMNS}`,
      [part.orderId, part.context, JSON.stringify(part)],
    );
    return row && row.expected.every((context) => context in row.parts) ? row : undefined;
  }

  async end(id: string, { archive = null, error = null }: { archive?: StoredArchive | null; error?: string | null } = {}): Promise<void> {
    await this.db.query(
      `update tenancy.data_order set state = case when $2::text is null then 'done' else 'failed' end, error = $2, archive = $3, ` +
        `finished_at = now() where id = $1 and state = 'running'`,
      [id, error, archive && JSON.stringify(archive)],
    );
  }

  async find(id: string): Promise<DataOrderRow | undefined> {
    const [row] = isId(id) ? await this.db.query<DataOrderRow>(`select ${COLUMNS} from tenancy.data_order where id = $1`, [id]) : [];
    return row;
  }

  async get(id: string, ...kinds: DataOrderRow['kind'][]): Promise<DataOrderRow> {
    const row = await this.find(id);
    if (!row || !kinds.includes(row.kind)) throw notFound('export');
    return row;
  }

  /** Newest first, the last fifty. */
  list(...kinds: DataOrderRow['kind'][]): Promise<DataOrderRow[]> {
    return this.db.query<DataOrderRow>(`select ${COLUMNS} from tenancy.data_order where kind = any ($1) order by id desc limit 50`,
      [kinds]);
  }
}

/** What a context could not do, in one text. */
export function faultOf({ parts }: Pick<DataOrderRow, 'parts'>): string | undefined {
  const faults = Object.values(parts).filter(({ error }) => error !== undefined).map(({ context, error }) => `${context}: ${error}`);
  return faults.length > 0 ? faults.join(' ') : undefined;
}
