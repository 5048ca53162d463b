import { Injectable } from '@nestjs/common';
import { AppError, current, logger, newId } from '#platform/core';
import { type PrivacyRequestPart, PrivacyRequests, PlatformEraser } from '#platform/privacy';
import { Db } from '#platform/database';
import { asTenant } from '../../access/as-tenant.js';

export interface Counts {
  before: number;
  after: number;
}

/** What was there, and what is left: all zero, table by table. */
export interface ErasureReport {
  tables: Record<string, Counts>;
  blobs: Counts;
  /** Null where no Redis answered; its keys are counters that end within minutes. */
  redis: Counts | null;
}

export interface Erasure {
  id: string;
  tenant: string;
  cause: 'owner' | 'operator' | 'import';
  state: 'waiting' | 'taken-back' | 'erasing' | 'done';
  askedBy: string;
  askedAt: Date;
  dueAt: Date;
  round: number;
  expected: string[];
  parts: Record<string, PrivacyRequestPart>;
  report: Partial<ErasureReport>;
  finishedAt: Date | null;
}

const COLUMNS = `id, tenant, cause, state, asked_by as "askedBy", asked_at as "askedAt", due_at as "dueAt", round, expected, parts, ` +
  `report, finished_at as "finishedAt"`;

const log = logger('tenancy');

/**
 * Erasures on their way. All contexts are asked in rounds until one finds nothing any more: what was still running in the first round may
 * have written behind its back. Every step may be killed and is then done again.
 */
@Injectable()
export class ErasureService {
  constructor(
    private readonly db: Db,
    private readonly orders: PrivacyRequests,
    private readonly kernel: PlatformEraser,
  ) {}

  /** Of the running tenant, in the open unit or one of its own. */
  async plan(cause: Erasure['cause'], dueAt: Date): Promise<Erasure> {
    const { tenantId, actor } = current();
    const [row] = await this.db.query<Erasure>(
      `insert into tenancy.erasure (id, tenant, cause, asked_by, due_at) values ($1, $2, $3, $4, $5) on conflict (tenant) where state
      in ('waiting', 'erasing')
       do update set due_at = least(tenancy.erasure.due_at, excluded.due_at) returning ${COLUMNS}`,
      [newId(), tenantId, cause, actor.id, dueAt],
    );
    return row!;
  }

  /** False where there was nothing that could still be taken back. */
  async takeBack(id?: string): Promise<boolean> {
    const rows = await this.db.query(`update tenancy.erasure set state = 'taken-back', finished_at = now() where tenant = $1 and ` +
      `($2::uuid is null or id = $2) and state = 'waiting' returning id`, [current().tenantId, id ?? null]);
    return rows.length > 0;
  }

  /** The last one of a tenant, which may be gone. */
  async of(tenant: string): Promise<Erasure | undefined> {
    const [row] = await this.system<Erasure>(`select ${COLUMNS} from tenancy.erasure where tenant = $1 order by id desc limit 1`, [tenant]);
    return row;
  }

  due(): Promise<Erasure[]> {
    return this.system<Erasure>(`select ${COLUMNS} from tenancy.erasure where state in ('waiting', 'erasing') and due_at <= now() order ` +
      `by due_at limit 50`);
  }

  /** From here on nobody can take it back: what the tenant has queued is dropped, and every context is asked. */
  async begin({ id, tenant }: Erasure): Promise<void> {
    await this.system(`update tenancy.erasure set state = 'erasing' where id = $1 and state = 'waiting'`, [id]);
    await this.kernel.silence(tenant);
    await asTenant(tenant, () => this.db.tx(() => this.ask(id, 1)));
  }

  /** What one context did, in the transaction that hears of it; a round that found something is followed by another one. */
  async note(part: PrivacyRequestPart): Promise<void> {
    const [erasure] = await this.db.query<Erasure>(
      `update tenancy.erasure set parts = parts || jsonb_build_object($3::text, $4::jsonb), report = $5::jsonb where id = $1 and round ` +
        `= $2 and state = 'erasing' and tenant = $6 returning ${COLUMNS}`,
      [part.orderId, part.round, part.context, JSON.stringify(part), JSON.stringify(await this.reportWith(part)), current().tenantId],
    );
    if (part.error !== undefined) log.error({ erasure: part.orderId, of: part.context, error: part.error },
      'a context could not erase its part of a tenant; it is asked again');
    if (erasure && isAnswered(erasure) && !isFailed(erasure) && found(erasure) > 0) await this.ask(erasure.id, erasure.round + 1);
  }

  /** A round that somebody failed in is given again. */
  async again({ id, tenant, round }: Erasure): Promise<void> {
    await asTenant(tenant, () => this.db.tx(() => this.ask(id, round + 1)));
  }

  /** Nothing is left anywhere: the report stands for good. */
  async finish(id: string, report: ErasureReport): Promise<void> {
    await this.system(`update tenancy.erasure set state = 'done', finished_at = now(), parts = '{}', report = $2 where id = $1`,
      [id, JSON.stringify(report)]);
  }

  private async ask(orderId: string, round: number): Promise<void> {
    const expected = await this.orders.give({ orderId, kind: 'erase', round });
    await this.db.query(`update tenancy.erasure set round = $2, expected = $3, parts = '{}' where id = $1 and state = 'erasing'`,
      [orderId, round, expected]);
  }

  private async reportWith({ orderId, tables, blobs }: PrivacyRequestPart): Promise<Partial<ErasureReport>> {
    const [row] = await this.db.query<{ report: Partial<ErasureReport> }>('select report from tenancy.erasure where id = $1 for update',
      [orderId]);
    return mergedReport(row?.report ?? {}, tables, blobs);
  }

  private system<R>(sql: string, params: unknown[] = []): Promise<R[]> {
    return this.db.systemQuery<R>('erasures outlive their tenants', sql, params);
  }
}

/** What was found first, and what was left last. */
export function mergedReport(report: Partial<ErasureReport>, tables: Record<string, Counts>, blobs: Counts): ErasureReport {
  const all = { ...report.tables };
  for (const [table, { before, after }] of Object.entries(tables)) all[table] = { before: (all[table]?.before ?? 0) + before, after };
  return { tables: all, blobs: { before: (report.blobs?.before ?? 0) + blobs.before, after: blobs.after }, redis: report.redis ?? null };
}

export function isAnswered({ expected, parts, round }: Erasure): boolean {
  return round > 0 && expected.every((context) => context in parts);
}

export function isFailed({ parts }: Pick<Erasure, 'parts'>): boolean {
  return Object.values(parts).some(({ error }) => error !== undefined);
}

/** How much the last round came across. */
export function found({ parts }: Pick<Erasure, 'parts'>): number {
  return Object.values(parts)
    .reduce((sum, { tables, blobs }) => sum + blobs.before + Object.values(tables).reduce((rows, { before }) => rows + before, 0), 0);
}

export function leaving(): AppError {
  return new AppError('not-found', 'tenancy.nothing-to-take-back',
    'There is nothing that could be taken back: the link is not one of ours, was used, or the tenant is gone.');
}
