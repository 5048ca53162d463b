import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, current, newId, orNotFound, Secrets } from '#platform/core';
import { Audited } from '#platform/privacy';
import { Db, type Page, paged, type PageQuery } from '#platform/database';
import { formatCredential } from '../../access/credential.js';
import { RevocationService } from '../../access/revocation.service.js';
import { oneLine } from '../../access/profile.js';
import { TenantLimits } from '../../access/tenant-limits.js';
import { WidgetRow } from './widget.entity.js';

export interface WidgetSettings {
  name: string;
  /** The one agent its visitors talk with. */
  agentId: string;
  /** Origins of the pages it stands on: `https://shop.example`. */
  origins: string[];
  status: 'active' | 'disabled';
  /** Requests a minute of all its visitors together, and new tokens a minute. */
  perMinute: number;
  /** Requests a minute of one visitor. */
  perVisitorMinute: number;
}

export interface WidgetView extends WidgetSettings {
  id: string;
  /** For the page's source: it opens nothing but a visitor's token, and only from `origins`. */
  key: string;
  createdBy: string;
  createdAt: string;
}

export interface WidgetDay {
  day: string;
  /** Visitors who came for the first time. */
  visitors: number;
  /** Tokens given out, renewed ones included. */
  tokens: number;
}

export const WIDGET_KEY = 'tenancy.widget-key';
const MOST_ORIGINS = 20;
const DAYS_SHOWN = 31;

/** The tenant's widgets. A change counts within 5 seconds for visitors who are there already. */
@Injectable()
export class WidgetService {
  constructor(
    private readonly db: Db,
    private readonly secrets: Secrets,
    private readonly revocations: RevocationService,
    private readonly limits: TenantLimits,
  ) {}

  @Audited('tenancy.widget.created', { detail: ({ name, origins }: WidgetView) => ({ name, origins }) })
  async create(entry: Omit<WidgetSettings, 'status'>): Promise<WidgetView> {
    const { tenantId, actor } = current();
    await this.limits.assertRoom('widgets');
    const id = newId();
    await this.db.repo(WidgetRow).insert({ ...entry, name: oneLine(entry.name, 'name'), origins: assertOrigins(entry.origins), tenantId, id,
      seed: newSeed(), createdBy: actor.id });
    return this.get(id);
  }

  list(page: PageQuery): Promise<Page<WidgetView>> {
    return paged(this.db.repo(WidgetRow).createQueryBuilder('widget'), page, (row) => this.view(row));
  }

  async get(id: string): Promise<WidgetView> {
    return this.view(await this.one(id));
  }

  @Audited('tenancy.widget.changed')
  async change(id: string, { name, origins, ...rest }: Partial<WidgetSettings>): Promise<WidgetView> {
    const { tenantId } = await this.one(id);
    const change = { ...rest, ...(name !== undefined && { name: oneLine(name, 'name') }),
      ...(origins !== undefined && { origins: assertOrigins(origins) }) };
    if (Object.values(change).some((value) => value !== undefined)) await this.db.repo(WidgetRow).update({ tenantId, id }, change);
    await this.revocations.note(id);
    return this.get(id);
  }

  /** Another key; the former one and the tokens it gave open nothing any more. */
  @Audited('tenancy.widget.rekeyed')
  async rekey(id: string): Promise<WidgetView> {
    const { tenantId } = await this.one(id);
    await this.db.repo(WidgetRow).update({ tenantId, id }, { generation: () => 'generation + 1', seed: newSeed() });
    await this.revocations.note(id);
    return this.get(id);
  }

  @Audited('tenancy.widget.deleted')
  async remove(id: string): Promise<void> {
    const { tenantId } = await this.one(id);
    await this.db.repo(WidgetRow).delete({ tenantId, id });
    await this.revocations.note(id);
  }

  /** The last month, latest day first. What the answers cost stands in billing, by visitor. */
  async usage(id: string): Promise<{ items: WidgetDay[] }> {
    await this.one(id);
    return { items: await this.db.query<WidgetDay>(`select day::text as day, visitors, tokens from tenancy.widget_day where widget_id = ` +
      `$1 and day > current_date - $2::int order by day desc`, [id, DAYS_SHOWN]) };
  }

  private async one(id: string): Promise<WidgetRow> {
    return orNotFound(await this.db.repo(WidgetRow).findOneBy({ id }), 'widget');
  }

  private view({ tenantId, id, name, agentId, origins, status, perMinute, perVisitorMinute, generation, seed, createdBy,
    createdAt }: WidgetRow): WidgetView {
    const key = formatCredential('atw',
      { tenantId, id, number: generation, secret: this.secrets.sign(WIDGET_KEY, keyMaterial({ id, generation, seed })) });
    return { id, name, agentId, origins, status, perMinute, perVisitorMinute, key, createdBy, createdAt: createdAt.toISOString() };
  }
}

/** What a widget key's secret is the HMAC of. */
export function keyMaterial({ id, generation, seed }: Pick<WidgetRow, 'id' | 'generation' | 'seed'>): string {
  return `${id}.${generation}.${seed}`;
}

function newSeed(): string {
  return randomBytes(16).toString('base64url');
}

/** As browsers write them; no path and no pattern, so that nothing has to be matched but equal texts. */
function assertOrigins(origins: string[]): string[] {
  const unique = [...new Set(origins)];
  const wrong = unique.filter((one) => !/^https?:\/\/[^*]+$/.test(one) || !URL.canParse(one) || new URL(one).origin !== one);
  if (unique.length === 0 || unique.length > MOST_ORIGINS || wrong.length > 0) {
    const detail = `must be 1 to ${MOST_ORIGINS} origins such as https://shop.example, in small letters and without a path`;
    throw new AppError('invalid', 'tenancy.widget-origins', `The widget was not saved: origins ${detail}.`,
      { errors: [{ pointer: '/origins', detail }] });
  }
  return unique;
}
