import { Injectable } from '@nestjs/common';
import { current, dayIn } from '#platform/core';
import { Db } from '#platform/database';

const KEPT_MS = 30_000;
const KEPT_TENANTS = 5_000;

/** Which day it is for a tenant: days and months of usage and budgets are its own, as analytics counts them. */
@Injectable()
export class CalendarService {
  private readonly kept = new Map<string, { zone: string; until: number }>();

  constructor(private readonly db: Db) {}

  async know(timeZone: string): Promise<void> {
    const { tenantId } = current();
    await this.db.query(
      `insert into billing.profile (tenant_id, time_zone) values ($1, $2)
       on conflict (tenant_id) do update set time_zone = excluded.time_zone`,
      [tenantId, timeZone],
    );
    this.db.afterCommit(() => this.kept.delete(tenantId));
  }

  /** ISO day of a moment, now unless told. */
  async day(at = new Date()): Promise<string> {
    return dayIn(await this.zone(), at);
  }

  /** Asked before every answer, so kept for a while: a change in another process counts after that. */
  private async zone(): Promise<string> {
    const { tenantId } = current();
    const kept = this.kept.get(tenantId);
    if (kept && kept.until > Date.now()) return kept.zone;
    const [row] = await this.db.query<{ zone: string }>('select time_zone as zone from billing.profile where tenant_id = $1', [tenantId]);
    const zone = row?.zone ?? 'UTC';
    if (this.kept.size >= KEPT_TENANTS) this.kept.clear();
    // A tenant whose creation has not arrived yet is looked for again.
    if (row) this.kept.set(tenantId, { zone, until: Date.now() + KEPT_MS });
    return zone;
  }
}
