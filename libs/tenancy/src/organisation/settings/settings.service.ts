import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { AppError, current, orNotFound } from '#platform/core';
import { Db, onDuplicate, type Page, pageOf, type PageQuery } from '#platform/database';
import type { TenantSettings } from '../../contract.js';
import { type Chosen, mergedSettings, whole } from './settings.js';

export interface SettingsVersion {
  /** 0: nothing was ever set. */
  version: number;
  settings: TenantSettings;
  changedBy: string | null;
  changedAt: string | null;
  /** The version this one repeats, after a rollback. */
  restoredFrom: number | null;
}

interface Row {
  version: number;
  settings: Chosen;
  changedBy: string;
  changedAt: Date;
  restoredFrom: number | null;
}

const COLUMNS = 'version, settings, changed_by as "changedBy", changed_at as "changedAt", restored_from as "restoredFrom"';

/**
 * The current tenant's settings: a list of versions of which the last counts. Nothing of it is ever changed, so every version can come
 * back.
 */
@Injectable()
export class SettingsService {
  constructor(private readonly db: Db) {}

  async current(): Promise<SettingsVersion> {
    const row = await this.last();
    return row ? toVersion(row) : { version: 0, settings: whole({}), changedBy: null, changedAt: null, restoredFrom: null };
  }

  /** `expected`: the version the change was made for; without it the change goes on top of whatever is there. */
  async change(change: unknown, expected?: number): Promise<SettingsVersion> {
    const last = await this.last();
    assertExpected(last?.version ?? 0, expected);
    const chosen = mergedSettings(last?.settings ?? {}, change);
    whole(chosen);
    return this.add(last, chosen, null);
  }

  /** Makes an old version the newest again: 0 is the state before anything was set. */
  async restore(version: number): Promise<SettingsVersion> {
    const last = await this.last();
    const chosen = version === 0 ? {} : (await this.one(version)).settings;
    whole(chosen);
    return this.add(last, chosen, version);
  }

  history(page: PageQuery): Promise<Page<SettingsVersion>> {
    const sql = `select ${COLUMNS} from tenancy.tenant_settings where $1::int is null or version < $1 order by version desc limit $2`;
    return pageOf(page, { version: 'number' }, ({ version }, limit) => this.db.query<Row>(sql, [version, limit]), toVersion);
  }

  /** What changes nothing makes no version. */
  private async add(last: Row | undefined, chosen: Chosen, restoredFrom: number | null): Promise<SettingsVersion> {
    if (isDeepStrictEqual(whole(chosen), whole(last?.settings ?? {}))) return this.current();
    const { tenantId, actor } = current();
    const [row] = await onDuplicate(
      this.db.query<Row>(
        `insert into tenancy.tenant_settings (tenant_id, version, settings, changed_by, restored_from) values ($1, $2, $3, $4, $5) ` +
          `returning ${COLUMNS}`,
        [tenantId, (last?.version ?? 0) + 1, JSON.stringify(chosen), actor.id, restoredFrom],
      ),
      changedMeanwhile,
    );
    return toVersion(row!);
  }

  private async last(): Promise<Row | undefined> {
    const [row] = await this.db.query<Row>(`select ${COLUMNS} from tenancy.tenant_settings order by version desc limit 1`);
    return row;
  }

  private async one(version: number): Promise<Row> {
    return orNotFound(
      await this.db.queryOne<Row>(`select ${COLUMNS} from tenancy.tenant_settings where version = $1`, [version]), 'version',
    );
  }
}

function toVersion({ settings, changedAt, ...row }: Row): SettingsVersion {
  return { ...row, settings: whole(settings), changedAt: changedAt.toISOString() };
}

function assertExpected(version: number, expected: number | undefined): void {
  if (expected !== undefined && expected !== version) throw changedMeanwhile();
}

function changedMeanwhile(): AppError {
  return new AppError('conflict', 'tenancy.settings-changed',
    'Somebody changed the settings meanwhile, so yours were not saved. Read them again, and send your change with the version they have ' +
      'now.');
}
